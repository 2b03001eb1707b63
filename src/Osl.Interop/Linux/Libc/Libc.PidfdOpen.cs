namespace Osl.Interop.Linux;

internal static partial class Libc
{
    /// <summary>pidfd_open(2), Linux 5.3: a descriptor of a process, close-on-exec. ESRCH when there is none.</summary>
    internal static int PidfdOpen(int pid) => (int)Syscall(SyscallNumber.PidfdOpen, pid, 0, 0, 0, 0, 0);
}
