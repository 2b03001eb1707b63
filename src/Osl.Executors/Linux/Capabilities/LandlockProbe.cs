using System.Globalization;
using Osl.Interop.Linux;

namespace Osl.Executors.Linux;

/// <summary>The Landlock ABI of the kernel (landlock(7)): what a process can be kept from that has given its rights away.</summary>
internal static class LandlockProbe
{
    internal static Capability Read()
    {
        var version = SyscallNumber.IsKnownArchitecture ? Libc.LandlockVersion() : -Errno.ENOSYS;
        return version switch
        {
            > 0 => new Capability("landlock", Available: true, string.Create(CultureInfo.InvariantCulture, $"ABI {version}")),
            -Errno.ENOSYS => new Capability(
                "landlock",
                Available: false,
                "the kernel has none",
                "Needs Linux 5.13 or later with Landlock built in."
            ),
            -Errno.EOPNOTSUPP => new Capability(
                "landlock",
                Available: false,
                "built in, but not enabled at boot",
                "Boot with landlock in the list of lsm= (see /sys/kernel/security/lsm)."
            ),
            _ => new Capability(
                "landlock",
                Available: false,
                $"refused ({Errno.Name(-version)})",
                "A seccomp filter of the container forbids it: allow landlock_create_ruleset there."
            ),
        };
    }
}
