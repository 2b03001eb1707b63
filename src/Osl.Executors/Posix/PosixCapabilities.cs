using Osl.Executors.Linux;

namespace Osl.Executors.Posix;

/// <summary>What can be done here without pidfds: what Linux has and the fallback has no use for is a no.</summary>
internal static class PosixCapabilities
{
    private const string Remedy = $"Needs {LinuxErrors.WherePidfdsWork}.";

    /// <summary>Lines that say what Linux's own executor could enforce.</summary>
    private static readonly HashSet<string> Unused = new(StringComparer.Ordinal)
    {
        "cgroup-v2",
        "cgroup-controllers",
        "cgroup-delegated",
        "user-namespace",
        "pid-namespace",
        "mount-namespace",
        "net-namespace",
        "landlock",
        "seccomp",
        "seccomp-notify",
        "sandbox",
        "user",
    };

    internal static PlatformCapabilities Read() => new("posix", [.. LinuxCapabilities.Read().Items.Select(Of)]);

    private static Capability Of(Capability linux) =>
        linux.Name switch
        {
            ProcessProbes.Engine => linux with
            {
                Available = false,
                Detail =
                    "posix, the fallback without pidfds: groups and sessions; no other containment, user, limit or sandbox; strangers are told apart by pid and start time",
                Remedy = Remedy,
            },
            "group-signal-by-pidfd" => linux with
            {
                Available = false,
                Detail =
                    "a group that this host has made is signalled as a whole, since its leader stays unreaped; others by number, after a look",
                Remedy = Remedy,
            },
            _ when linux.Available && Unused.Contains(linux.Name) => linux with
            {
                Available = false,
                Detail = $"not used without pidfds, though it is there: {linux.Detail}",
                Remedy = Remedy,
            },
            _ => linux,
        };
}
