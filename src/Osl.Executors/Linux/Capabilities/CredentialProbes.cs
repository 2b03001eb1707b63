using System.Globalization;
using Osl.Interop.Linux;

namespace Osl.Executors.Linux;

/// <summary>Who this host is to the kernel (credentials(7), capabilities(7)).</summary>
internal static class CredentialProbes
{
    private const int MostGroupsShown = 16;

    internal static IEnumerable<Capability> Read() => [User(), Capabilities(), NoNewPrivileges()];

    private static Capability User() =>
        new(
            "user",
            Available: true,
            string.Create(
                CultureInfo.InvariantCulture,
                $"uid {Libc.GetUid()}, effective {Libc.GetEuid()}, group {Libc.GetEgid()}, supplementary groups {Groups()}"
            )
        );

    private static unsafe string Groups()
    {
        var count = Libc.GetGroups(0, null);
        if (count <= 0)
        {
            return "none";
        }

        var groups = new uint[count];
        fixed (uint* start = groups)
        {
            count = Libc.GetGroups(count, start);
        }

        var shown = groups.Take(Math.Min(count, MostGroupsShown)).Select(group => group.ToString(CultureInfo.InvariantCulture));
        return string.Join(' ', shown) + (count > MostGroupsShown ? " and more" : "");
    }

    private static Capability Capabilities()
    {
        var error = SyscallNumber.IsKnownArchitecture ? Libc.CapgetEffective(out var effective) : Fail(out effective);
        if (error != 0)
        {
            return new Capability("capabilities", Available: false, $"can't be read ({Errno.Name(error)})", "Allow capget(2).");
        }

        var held = CapabilityNames.Of(effective).ToList();
        return new Capability(
            "capabilities",
            Available: true,
            held.Count == 0 ? "none"
                : held.Count <= CapabilityNames.Count / 2 ? string.Join(' ', held)
                : CapabilityNames.Lacking(effective).ToList() is { Count: > 0 } lacking ? $"all but {string.Join(' ', lacking)}"
                : "all"
        );
    }

    private static int Fail(out ulong effective)
    {
        effective = 0;
        return Errno.ENOSYS;
    }

    private static Capability NoNewPrivileges() =>
        Libc.Prctl(Libc.PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1
            ? new Capability(
                "new-privileges",
                Available: false,
                "no_new_privs is set: set-uid programs such as sudo run without their privileges, here and in what is started",
                "Start the host without it (docker: no security-opt no-new-privileges; systemd: NoNewPrivileges=no), if set-uid programs are to work."
            )
            : new Capability("new-privileges", Available: true, "no_new_privs is not set: set-uid programs work as usual");
}
