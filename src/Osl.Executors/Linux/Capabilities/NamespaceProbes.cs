using System.Globalization;
using Osl.Interop.Linux;

namespace Osl.Executors.Linux;

/// <summary>
/// Whether namespaces can be had by us (namespaces(7)): unshare(1) makes one of each and ends. A thread of ours can't try: a process
/// with several threads gets no user namespace.
/// </summary>
internal static class NamespaceProbes
{
    private const string Unshare = "/usr/bin/unshare";
    private const string True = "/bin/true";

    internal static IEnumerable<Capability> Read()
    {
        var privileged = Libc.CapgetEffective(out var effective) == 0 && (effective >> SysAdmin & 1) != 0;
        yield return Probe("user", "user", privileged: true, "--user", True);
        yield return Probe("pid", "pid", privileged, "--pid", "--fork", True);
        yield return Probe("mount", "mnt", privileged, "--mount", True);
        yield return Probe("net", "net", privileged, "--net", True);
    }

    private const int SysAdmin = 21;

    private static Capability Probe(string name, string setting, bool privileged, params string[] arguments)
    {
        name = $"{name}-namespace";
        if (!File.Exists(Unshare) || !File.Exists(True))
        {
            return Untried(name, setting);
        }

        // Without CAP_SYS_ADMIN the others are had inside a user namespace only.
        var code = ShortChild.Run(Unshare, ["unshare", .. privileged ? arguments : ["--user", .. arguments]]);
        return code switch
        {
            0 => new Capability(name, Available: true, privileged ? "can be made" : "can be made, within a user namespace"),
            null => new Capability(
                name,
                Available: false,
                $"{Unshare} could not be run to its end",
                "Mend what keeps programs from starting or their exit status from being known; see the other lines."
            ),
            _ => new Capability(name, Available: false, $"can't be made{Why(setting)}", Remedy(setting)),
        };
    }

    private static Capability Untried(string name, string setting) =>
        new(name, Available: false, $"not tried, without {Unshare} and {True}{Why(setting)}", "Install util-linux and coreutils.");

    private static string Why(string setting) => Cause(setting) is { } cause ? $": {cause.What}" : "";

    private static string Remedy(string setting) =>
        Cause(setting)?.Remedy ?? "The container's seccomp filter or security module forbids it: allow unshare(2) there, or run outside.";

    private static (string What, string Remedy)? Cause(string setting)
    {
        if (Setting($"user/max_{setting}_namespaces") == 0)
        {
            return ($"user.max_{setting}_namespaces is 0", $"sysctl user.max_{setting}_namespaces=1000");
        }

        if (Setting("user/max_user_namespaces") == 0)
        {
            return ("user.max_user_namespaces is 0", "sysctl user.max_user_namespaces=1000");
        }

        if (Setting("kernel/unprivileged_userns_clone") == 0)
        {
            return ("kernel.unprivileged_userns_clone is 0", "sysctl kernel.unprivileged_userns_clone=1");
        }

        return Setting("kernel/apparmor_restrict_unprivileged_userns") == 1
            ? (
                "AppArmor restricts user namespaces of ordinary users",
                "Give the host's program an AppArmor profile with 'userns,', or sysctl kernel.apparmor_restrict_unprivileged_userns=0."
            )
            : null;
    }

    private static long? Setting(string name) =>
        SystemText.Read($"/proc/sys/{name}") is { } text && long.TryParse(text, CultureInfo.InvariantCulture, out var value) ? value : null;
}
