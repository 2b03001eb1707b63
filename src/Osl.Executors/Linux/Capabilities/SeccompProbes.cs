using Osl.Interop.Linux;

namespace Osl.Executors.Linux;

/// <summary>Filters on system calls (seccomp(2)): whether they can be set, whether they can ask us, and whether one lies on us.</summary>
internal static class SeccompProbes
{
    internal static IEnumerable<Capability> Read() =>
        [
            Action("seccomp", Libc.SECCOMP_RET_KILL_PROCESS, $"filters can be set{Ourselves()}", "4.14"),
            Action("seccomp-notify", Libc.SECCOMP_RET_USER_NOTIF, "a filter can ask its supervisor", "5.0"),
        ];

    private static Capability Action(string name, uint action, string detail, string since)
    {
        var error = SyscallNumber.IsKnownArchitecture ? Libc.SeccompHas(action) : Errno.ENOSYS;
        return error switch
        {
            0 => new Capability(name, Available: true, detail),
            Errno.ENOSYS or Errno.EINVAL or Errno.EOPNOTSUPP => new Capability(
                name,
                Available: false,
                "the kernel has none",
                $"Needs Linux {since} or later with CONFIG_SECCOMP_FILTER."
            ),
            _ => new Capability(
                name,
                Available: false,
                $"refused ({Errno.Name(error)})",
                "A filter of the container forbids it: allow seccomp(2) there."
            ),
        };
    }

    /// <summary>Mode 2 in /proc/self/status: a filter that we inherited, which our children can't shake off either.</summary>
    private static string Ourselves() =>
        SystemText.Read("/proc/self/status") is { } status && status.Contains("\nSeccomp:\t2", StringComparison.Ordinal)
            ? "; this process is under one already, and so is what it starts"
            : "";
}
