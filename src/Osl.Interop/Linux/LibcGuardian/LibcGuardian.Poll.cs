using System.Runtime.InteropServices;

namespace Osl.Interop.Linux;

internal static partial class LibcGuardian
{
    private const short POLLIN = 1;

    /// <summary>Waits until a descriptor can be read, or is at its end (poll(2)). A pidfd can be when its process has ended.</summary>
    /// <param name="fd">Which one.</param>
    /// <param name="milliseconds">How long; -1 for ever.</param>
    /// <returns>Whether it can, false when the time is over.</returns>
    internal static unsafe bool WaitReadable(int fd, int milliseconds)
    {
        var deadline = Environment.TickCount64 + milliseconds;
        while (true)
        {
            var left = milliseconds < 0 ? -1 : (int)Math.Max(0, deadline - Environment.TickCount64);
            var request = new PollRequest { Fd = fd, Events = POLLIN };
            var ready = Poll(&request, 1, left);
            if (ready >= 0 || LastError != Errno.EINTR)
            {
                return ready > 0;
            }
        }
    }

    [LibraryImport(Library, EntryPoint = "poll", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static unsafe partial int Poll(PollRequest* requests, nuint count, int milliseconds);

    [StructLayout(LayoutKind.Sequential)]
    private struct PollRequest
    {
        internal int Fd;
        internal short Events;
        internal short Returned;
    }
}
