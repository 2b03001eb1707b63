using Osl.Operations;

namespace Osl.Executors.Linux;

/// <summary>
/// Where control groups lie (cgroups(7)): version 2 as a whole or beside version 1, and our own place in each hierarchy.
/// </summary>
internal static class CgroupTree
{
    /// <summary>Begins the name of each group of ours; the operation's id follows.</summary>
    internal const string Prefix = "osl-";

    private const string Mounts = "/sys/fs/cgroup";
    private const string HybridMount = "/sys/fs/cgroup/unified";

    /// <summary>Where version 2 is mounted; null where it is not.</summary>
    internal static string? Root { get; } =
        File.Exists($"{Mounts}/cgroup.controllers") ? Mounts
        : File.Exists($"{HybridMount}/cgroup.controllers") ? HybridMount
        : null;

    /// <summary>Our own group of version 2; null where it can't be seen. Read anew: we may be moved.</summary>
    internal static string? Own() => Root is { } root ? Below(root, "0::") : null;

    /// <summary>Our own group in the hierarchy of a controller of version 1; null where there is none.</summary>
    internal static string? OwnOfVersion1(string controller) =>
        Lines()
            .Select(line => line.Split(':', 3))
            .Where(parts => parts.Length == 3 && parts[1].Split(',').Contains(controller, StringComparer.Ordinal))
            .Select(parts => Existing($"{Mounts}/{parts[1]}", parts[2]) ?? Existing($"{Mounts}/{controller}", parts[2]))
            .FirstOrDefault();

    /// <summary>The name of an operation's group.</summary>
    internal static string NameOf(OperationId operation) => Prefix + operation;

    /// <summary>The group of version 2 that a process is in; null where it is gone or can't be seen.</summary>
    internal static string? Of(int pid)
    {
        var line = (SystemText.Read($"/proc/{pid}/cgroup") ?? "")
            .Split('\n')
            .FirstOrDefault(line => line.StartsWith("0::/", StringComparison.Ordinal));
        return line is null || Root is not { } root ? null : (root + line[3..]).TrimEnd('/');
    }

    private static string? Below(string root, string hierarchy) =>
        Lines().FirstOrDefault(line => line.StartsWith(hierarchy + "/", StringComparison.Ordinal)) is { } line
            ? Existing(root, line[hierarchy.Length..])
            : null;

    private static string? Existing(string root, string path)
    {
        var whole = (root + path).TrimEnd('/');
        return Directory.Exists(whole) ? whole : null;
    }

    private static string[] Lines() => (SystemText.Read("/proc/self/cgroup") ?? "").Split('\n');
}
