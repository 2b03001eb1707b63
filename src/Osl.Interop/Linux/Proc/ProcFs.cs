using System.Globalization;

namespace Osl.Interop.Linux;

/// <summary>Reads /proc. Whatever is gone meanwhile is answered with false; nothing here throws for a process that ends.</summary>
internal static class ProcFs
{
    private static readonly Lazy<string> LazyBootId = new(() =>
        File.Exists("/proc/sys/kernel/random/boot_id") ? File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim() : ""
    );

    private static readonly Lazy<long> LazyPidNamespace = new(() => NamespaceInode("/proc/self/ns/pid"));

    /// <summary>Names this boot of the machine.</summary>
    internal static string BootId => LazyBootId.Value;

    /// <summary>The inode of our pid namespace; 0 when /proc doesn't tell.</summary>
    internal static long PidNamespace => LazyPidNamespace.Value;

    /// <summary>Reads /proc/PID/stat; false when the process is gone.</summary>
    /// <param name="pid">Which process.</param>
    /// <param name="stat">What it says, without the name.</param>
    internal static bool TryReadStat(int pid, out ProcLine stat) => ProcLine.TryRead(pid, out stat);

    /// <summary>The pids that /proc lists now; <see cref="PidList"/> lists them without allocating.</summary>
    internal static List<int> Pids()
    {
        List<int> found = [];
        var pids = PidList.Open();
        while (pids.MoveNext())
        {
            found.Add(pids.Current);
        }

        pids.Dispose();
        return found;
    }

    /// <inheritdoc cref="ProcFile.EnvironmentHolds"/>
    internal static bool HasEnvironmentEntry(int pid, ReadOnlySpan<byte> entry) => ProcFile.EnvironmentHolds(pid, entry);

    private static long NamespaceInode(string path)
    {
        var target = File.Exists(path) ? new FileInfo(path).LinkTarget : null;
        var open = target?.IndexOf('[', StringComparison.Ordinal) ?? -1;
        return open > 0 && long.TryParse(target.AsSpan(open + 1).TrimEnd(']'), CultureInfo.InvariantCulture, out var inode) ? inode : 0;
    }
}
