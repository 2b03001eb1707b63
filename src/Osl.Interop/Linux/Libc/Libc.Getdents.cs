namespace Osl.Interop.Linux;

internal static partial class Libc
{
    /// <summary>getdents64(2): entries of a directory; 0 at the end.</summary>
    internal static unsafe nint Getdents(int fd, byte* buffer, nint count) =>
        Syscall(SyscallNumber.Getdents64, fd, (nint)buffer, count, 0, 0, 0);
}
