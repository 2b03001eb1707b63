namespace Osl.Interop.Linux;

internal static partial class Libc
{
    internal const uint SECCOMP_RET_KILL_PROCESS = 0x80000000;

    internal const uint SECCOMP_RET_USER_NOTIF = 0x7fc00000;

    internal const uint SECCOMP_RET_ERRNO = 0x00050000;

    internal const uint SECCOMP_RET_ALLOW = 0x7fff0000;

    internal const int SECCOMP_SET_MODE_FILTER = 1;

    private const int SECCOMP_GET_ACTION_AVAIL = 2;

    /// <summary>seccomp(2), asked whether the kernel knows an action of a filter: 0, or the error number. Changes nothing.</summary>
    internal static unsafe int SeccompHas(uint action) =>
        Syscall(SyscallNumber.Seccomp, SECCOMP_GET_ACTION_AVAIL, 0, (nint)(&action), 0, 0, 0) == 0 ? 0 : LastError;
}
