namespace Osl.Interop.Linux;

internal static partial class Libc
{
    /// <summary>faccessat2(2), Linux 5.8: the one that knows flags.</summary>
    internal static unsafe int Faccessat2(int directory, byte* path, int mode, int flags) =>
        (int)Syscall(SyscallNumber.Faccessat2, directory, (nint)path, mode, flags, 0, 0);
}
