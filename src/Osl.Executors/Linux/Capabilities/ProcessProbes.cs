using Osl.Interop.Linux;

namespace Osl.Executors.Linux;

/// <summary>What the starting, signalling and awaiting of processes rests on.</summary>
internal static class ProcessProbes
{
    /// <summary>The line that names the executor.</summary>
    internal const string Engine = "engine";

    internal static IEnumerable<Capability> Read() =>
        [
            new Capability("kernel", Available: true, Environment.OSVersion.Version.ToString()),
            new Capability(Engine, Available: true, "linux, with pidfds"),
            new Capability(
                "pidfd",
                LinuxFeatures.HasPidfd,
                LinuxFeatures.HasPidfd
                    ? "processes are held, signalled and awaited by descriptor"
                    : "pidfd_open does not work, or signals and waits by it don't",
                LinuxFeatures.HasPidfd ? null : $"Needs {LinuxErrors.WherePidfdsWork}."
            ),
            new Capability(
                "group-signal-by-pidfd",
                LinuxFeatures.HasGroupSignal,
                LinuxFeatures.HasGroupSignal
                    ? "a group is signalled as a whole, also after its leader has ended"
                    : "members are signalled one by one; who forks faster than that may get away until the next step of a stop",
                LinuxFeatures.HasGroupSignal ? null : "Needs Linux 6.9 or later, without a seccomp filter against it."
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
        ];

    private static Capability Sigchld() =>
        SignalDispositions.IsChildIgnored()
            ? new Capability(
                "sigchld",
                Available: false,
                "ignored: exit statuses would be lost, so nothing is started",
                "Start the host with the default disposition: what started it ignores SIGCHLD."
            )
            : new Capability("sigchld", Available: true, "not ignored");

    private static readonly Version StatusByPidfd = new(6, 15);

    private static Capability Init() =>
        Environment.ProcessId == 1
            ? new Capability(
                "pid-1",
                Available: true,
                "this is process 1: osl reaps the orphans that it gets, a host of your own does with ReapOrphans()"
                    + (
                        Environment.OSVersion.Version >= StatusByPidfd
                            ? ""
                            : "; before Linux 6.15 such a host must not use System.Diagnostics.Process beside it"
                    )
            )
            : new Capability("pid-1", Available: true, "another process is process 1");
}
