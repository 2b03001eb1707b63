using System.Globalization;
using Osl.Interop.Linux;

namespace Osl.Executors.Linux;

/// <summary>What this kernel can do with a pidfd, found out once by trying it on ourselves.</summary>
internal static class LinuxFeatures
{
    private static readonly (bool Pidfd, bool GroupSignal) Probed = Probe();

    /// <summary>pidfd_open, pidfd_send_signal (Linux 5.3) and waitid(2) with P_PIDFD (Linux 5.4).</summary>
    internal static bool HasPidfd => Probed.Pidfd;

    /// <summary>PIDFD_SIGNAL_PROCESS_GROUP (Linux 6.9).</summary>
    internal static bool HasGroupSignal => Probed.GroupSignal;

    /// <summary>
    /// Whether /proc is there and is that of our own pid namespace: under another one's, numbers would be somebody else's.
    /// </summary>
    internal static bool HasProc { get; } =
        string.Equals(
            new FileInfo("/proc/self").LinkTarget,
            Environment.ProcessId.ToString(CultureInfo.InvariantCulture),
            StringComparison.Ordinal
        );

    private static (bool Pidfd, bool GroupSignal) Probe()
    {
        if (!SyscallNumber.IsKnownArchitecture)
        {
            return (false, false);
        }

        using var self = PidFd.TryOpen(Environment.ProcessId, out _);
        // We are no child of ours. Any other answer than that: it is not known, or refused, and then nobody could be reaped.
        return self is null || self.Send(0) != 0 || ChildStatus.ErrorOfWait(self) != Errno.ECHILD
            ? (false, false)
            // Whether we lead a group doesn't matter: a kernel that knows the flag answers 0 or ESRCH, a filter that refuses it anything.
            : (true, self.Send(0, group: true) is 0 or Errno.ESRCH);
    }
}
