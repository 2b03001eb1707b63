namespace Osl.Interop.Linux;

internal static partial class Libc
{
    /// <summary>To the whole process group whose id is the pid of the descriptor's process. Linux 6.9; EINVAL before.</summary>
    internal const int PIDFD_SIGNAL_PROCESS_GROUP = 4;

    /// <summary>pidfd_send_signal(2), Linux 5.1. Signal 0 only checks.</summary>
    internal static int PidfdSendSignal(int pidfd, int signal, int flags) =>
        (int)Syscall(SyscallNumber.PidfdSendSignal, pidfd, signal, 0, flags, 0, 0);
}
