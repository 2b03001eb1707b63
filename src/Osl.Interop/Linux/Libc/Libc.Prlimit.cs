namespace Osl.Interop.Linux;

internal static partial class Libc
{
    internal const int RLIMIT_CPU = 0;
    internal const int RLIMIT_CORE = 4;
    internal const int RLIMIT_NICE = 13;

    /// <summary>prlimit(2) of another process: 0, or the error number.</summary>
    internal static unsafe int SetLimit(int pid, int resource, in ResourceLimit limit)
    {
        fixed (ResourceLimit* start = &limit)
        {
            return Syscall(SyscallNumber.Prlimit64, pid, resource, (nint)start, 0, 0, 0) == 0 ? 0 : LastError;
        }
    }
}
