using System.Globalization;
using Osl.Interop.Linux;

namespace Osl.Executors.Linux;

/// <summary>What this kernel can do with a pidfd, found out once by trying it on ourselves.</summary>
internal static class LinuxFeatures
{
    private static readonly (bool Pidfd, bool GroupSignal) Probed = Probe();

    /// <summary>pidfd_open and pidfd_send_signal (Linux 5.3).</summary>
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
        // Whether we lead a group doesn't matter: a kernel that knows the flag answers 0 or ESRCH.
        return self is null || self.Send(0) != 0 ? (false, false) : (true, self.Send(0, group: true) != Errno.EINVAL);
    }
}
