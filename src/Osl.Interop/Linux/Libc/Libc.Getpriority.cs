namespace Osl.Interop.Linux;

internal static partial class Libc
{
    /// <summary>The nice value of the calling thread. The system call itself, whose answer is 20 less the value: never an error.</summary>
    internal static int NiceOfThread() => 20 - (int)Syscall(SyscallNumber.Getpriority, 0, 0, 0, 0, 0, 0);
}
