namespace Osl.Interop.Linux;

/// <summary>The names of capabilities(7), by their bit.</summary>
internal static class CapabilityNames
{
    private static readonly string[] Names =
    [
        "chown",
        "dac_override",
        "dac_read_search",
        "fowner",
        "fsetid",
        "kill",
        "setgid",
        "setuid",
        "setpcap",
        "linux_immutable",
        "net_bind_service",
        "net_broadcast",
        "net_admin",
        "net_raw",
        "ipc_lock",
        "ipc_owner",
        "sys_module",
        "sys_rawio",
        "sys_chroot",
        "sys_ptrace",
        "sys_pacct",
        "sys_admin",
        "sys_boot",
        "sys_nice",
        "sys_resource",
        "sys_time",
        "sys_tty_config",
        "mknod",
        "lease",
        "audit_write",
        "audit_control",
        "setfcap",
        "mac_override",
        "mac_admin",
        "syslog",
        "wake_alarm",
        "block_suspend",
        "audit_read",
        "perfmon",
        "bpf",
        "checkpoint_restore",
    ];

    /// <summary>How many there are by name.</summary>
    internal static int Count => Names.Length;

    /// <summary>Those of a set; one without a name by its number.</summary>
    internal static IEnumerable<string> Of(ulong set) =>
        Enumerable
            .Range(0, 64)
            .Where(bit => (set >> bit & 1) != 0)
            .Select(bit => bit < Names.Length ? Names[bit] : bit.ToString(System.Globalization.CultureInfo.InvariantCulture));

    /// <summary>The bit of one that is written as in capabilities(7), such as <c>CAP_KILL</c>; negative for an unknown one.</summary>
    internal static int BitOf(string name) =>
        name.StartsWith("CAP_", StringComparison.Ordinal)
            ? Array.FindIndex(Names, known => name.AsSpan(4).Equals(known, StringComparison.OrdinalIgnoreCase))
            : -1;

    /// <summary>As capabilities(7) writes it.</summary>
    internal static string Of(int bit) => $"CAP_{Names[bit].ToUpperInvariant()}";

    /// <summary>Those by name that are not in a set.</summary>
    internal static IEnumerable<string> Lacking(ulong set) => Names.Where((_, bit) => (set >> bit & 1) == 0);
}
