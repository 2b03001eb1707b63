using System.Runtime.InteropServices;

namespace Osl.Interop.Linux;

internal static partial class Libc
{
    /// <summary>epoll_wait(2).</summary>
    /// <param name="epoll">The instance.</param>
    /// <param name="events">Room for <paramref name="count"/> events, laid out as <see cref="EpollEvents"/> says.</param>
    /// <param name="count">How many at most.</param>
    /// <param name="timeout">Milliseconds; -1 for ever.</param>
    [LibraryImport(Library, EntryPoint = "epoll_wait", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    internal static unsafe partial int EpollWait(int epoll, byte* events, int count, int timeout);
}
