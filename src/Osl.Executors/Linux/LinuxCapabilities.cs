using System.Globalization;
using Osl.Interop.Linux;

namespace Osl.Executors.Linux;

/// <summary>What this machine can do, line by line, for <c>osl doctor</c>. Read anew each time: it costs little and may change.</summary>
internal static class LinuxCapabilities
{
    private const string UnifiedHierarchy = "/sys/fs/cgroup";
    private const string HybridHierarchy = "/sys/fs/cgroup/unified";

    internal static PlatformCapabilities Read() =>
        new(
            "linux",
            [
                new Capability("kernel", Available: true, Environment.OSVersion.Version.ToString()),
                new Capability(
                    "pidfd",
                    LinuxFeatures.HasPidfd,
                    LinuxFeatures.HasPidfd ? "processes are held, signalled and awaited by descriptor" : "pidfd_open does not work",
                    LinuxFeatures.HasPidfd ? null : "Needs Linux 5.4 or later on x86-64 or arm64, without a seccomp filter against it."
                ),
                new Capability(
                    "group-signal-by-pidfd",
                    LinuxFeatures.HasGroupSignal,
                    LinuxFeatures.HasGroupSignal
                        ? "a group is signalled as a whole, also after its leader has ended"
                        : "members are signalled one by one; who forks faster than that may get away until the next step of a stop",
                    LinuxFeatures.HasGroupSignal ? null : "Needs Linux 6.9 or later."
                ),
                new Capability(
                    "proc",
                    LinuxFeatures.HasProc,
                    LinuxFeatures.HasProc ? "/proc is that of this pid namespace" : "/proc is missing, or that of another pid namespace",
                    LinuxFeatures.HasProc ? null : "Mount it: mount -t proc proc /proc, or unshare --mount-proc."
                ),
                new Capability(
                    "close-from",
                    LibcExtensions.HasAddCloseFrom,
                    LibcExtensions.HasAddCloseFrom
                        ? "children get no descriptor but 0 to 2"
                        : "children get what libraries of the host have opened without O_CLOEXEC",
                    LibcExtensions.HasAddCloseFrom ? null : "Needs glibc 2.34 or later."
                ),
                new Capability(
                    "foreground-terminal",
                    LibcExtensions.HasAddTcsetpgrp,
                    LibcExtensions.HasAddTcsetpgrp ? "a child's group can be given the terminal at its birth" : "it can't",
                    LibcExtensions.HasAddTcsetpgrp ? null : "Needs glibc 2.35 or later."
                ),
                Sigchld(),
                Init(),
                Cgroup(),
                new Capability(
                    "user",
                    Available: true,
                    string.Create(CultureInfo.InvariantCulture, $"uid {Libc.GetUid()}, effective {Libc.GetEuid()}")
                ),
            ]
        );

    private static Capability Sigchld() =>
        SignalDispositions.IsChildIgnored()
            ? new Capability(
                "sigchld",
                Available: false,
                "ignored: exit statuses would be lost, so nothing is started",
                "Start the host with the default disposition: what started it ignores SIGCHLD."
            )
            : new Capability("sigchld", Available: true, "not ignored");

    private static Capability Init() =>
        Environment.ProcessId == 1
            ? new Capability(
                "pid-1",
                Available: false,
                "this host is process 1: orphans become its children and stay zombies, and System.Diagnostics.Process reaps what it did not start",
                "Run an init in the container (docker run --init)."
            )
            : new Capability("pid-1", Available: true, "another process is process 1");

    private static Capability Cgroup()
    {
        var root =
            File.Exists(Path.Join(UnifiedHierarchy, "cgroup.controllers")) ? UnifiedHierarchy
            : File.Exists(Path.Join(HybridHierarchy, "cgroup.controllers")) ? HybridHierarchy
            : null;
        if (root is null)
        {
            return new Capability("cgroup-v2", Available: false, "not mounted", "Boot with the unified hierarchy, or mount cgroup2.");
        }

        string controllers;
        try
        {
            controllers = File.ReadAllText(Path.Join(root, "cgroup.controllers")).Trim();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new Capability("cgroup-v2", Available: false, $"{root} can't be read", "Mount cgroup2 readably for this user.");
        }

        return controllers.Length == 0
            ? new Capability(
                "cgroup-v2",
                Available: true,
                $"{root}: kill and freeze; no controllers (they are bound to version 1), hence no limits",
                "For limits boot with the unified hierarchy (systemd.unified_cgroup_hierarchy=1)."
            )
            : new Capability("cgroup-v2", Available: true, $"{root}: {controllers}");
    }
}
