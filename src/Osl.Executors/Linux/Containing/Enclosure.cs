using Osl.Interop.Linux;
using Osl.Operations.Processes;

namespace Osl.Executors.Linux;

/// <summary>What holds the members of a group together beyond its number, so that who leaves the group is a member still.</summary>
internal abstract class Enclosure
{
    /// <summary>Who is inside and alive, as far as can be seen.</summary>
    internal abstract List<int> Pids();

    /// <summary>Whether a process is inside.</summary>
    internal abstract bool Contains(int pid);

    /// <summary>Ends everybody inside at once.</summary>
    /// <returns>The error number, or 0.</returns>
    internal abstract int Kill();

    /// <summary>The enclosure of a group that somebody else may have made; null where it has none.</summary>
    internal static Enclosure? Find(GroupRef group) => (Enclosure?)CgroupEnclosure.Find(group) ?? PidNamespaceEnclosure.Find(group.Leader);
}

/// <summary>A cgroup of version 2: nobody leaves it without the right to write to another one.</summary>
internal sealed class CgroupEnclosure(string path) : Enclosure
{
    internal string Path => path;

    /// <summary>Whether anybody inside is alive.</summary>
    internal bool IsPopulated => SystemText.Read($"{path}/cgroup.events")?.Contains("populated 1", StringComparison.Ordinal) == true;

    /// <summary>By our own place, or by where the leader is: its group is named after the operation.</summary>
    internal static new CgroupEnclosure? Find(GroupRef group)
    {
        if (group.Operation.IsEmpty || CgroupTree.Root is null)
        {
            return null;
        }

        var name = CgroupTree.NameOf(group.Operation);
        if (CgroupTree.Own() is { } own && Directory.Exists($"{own}/{name}"))
        {
            return new CgroupEnclosure($"{own}/{name}");
        }

        return CgroupTree.Of(group.Leader.Pid) is { } place && place.EndsWith($"/{name}", StringComparison.Ordinal)
            ? new CgroupEnclosure(place)
            : null;
    }

    internal override List<int> Pids()
    {
        var pids = new List<int>();
        Add(path, pids);
        return pids;
    }

    internal override bool Contains(int pid) =>
        CgroupTree.Of(pid) is { } place
        && (string.Equals(place, path, StringComparison.Ordinal) || place.StartsWith(path + "/", StringComparison.Ordinal));

    internal override int Kill()
    {
        var error = Cgroup.Write($"{path}/cgroup.kill", "1");
        // Before Linux 5.14: one by one, until nobody is there who could fork.
        return error == Errno.ENOENT && Directory.Exists(path) ? KillEach()
            : error == Errno.ENOENT ? 0
            : error;
    }

    private int KillEach()
    {
        const int Rounds = 100;
        _ = Cgroup.Write($"{path}/cgroup.freeze", "1");
        var error = 0;
        for (var round = 0; round < Rounds && error == 0; round++)
        {
            var pids = Pids();
            foreach (var pid in pids)
            {
                using var held = PidFd.TryOpen(pid, out _);
                if (held is not null && Contains(pid) && held.Send(Signal.Kill.Number) is var answer and not (0 or Errno.ESRCH))
                {
                    error = answer;
                }
            }

            if (pids.Count == 0)
            {
                break;
            }
        }

        _ = Cgroup.Write($"{path}/cgroup.freeze", "0");
        return error;
    }

    private static void Add(string directory, List<int> pids)
    {
        foreach (var line in (SystemText.Read($"{directory}/cgroup.procs") ?? "").Split('\n'))
        {
            if (int.TryParse(line, System.Globalization.CultureInfo.InvariantCulture, out var pid) && pid > 0)
            {
                pids.Add(pid);
            }
        }

        try
        {
            foreach (var below in Directory.EnumerateDirectories(directory))
            {
                Add(below, pids);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Gone meanwhile, with everybody who was in it.
        }
    }
}

/// <summary>A pid namespace: the kernel ends everybody in it with its first process, which leads the group.</summary>
internal sealed class PidNamespaceEnclosure(int leader, string name) : Enclosure
{
    /// <summary>Null for a leader that is gone, in our own namespace, or whose namespace we may not see.</summary>
    internal static PidNamespaceEnclosure? Find(ProcessRef leader) =>
        NameOf(leader.Pid) is { } name
        && !string.Equals(name, Own, StringComparison.Ordinal)
        && ProcLine.TryRead(leader.Pid, out var line)
        && line.StartTime == leader.StartTime
            ? new PidNamespaceEnclosure(leader.Pid, name)
            : null;

    private static string? Own { get; } = NameOf(Environment.ProcessId);

    internal override List<int> Pids()
    {
        var inside = new List<int>();
        var pids = PidList.Open();
        try
        {
            while (pids.MoveNext())
            {
                if (Contains(pids.Current))
                {
                    inside.Add(pids.Current);
                }
            }
        }
        finally
        {
            pids.Dispose();
        }

        return inside;
    }

    internal override bool Contains(int pid) => string.Equals(NameOf(pid), name, StringComparison.Ordinal);

    /// <summary>Nothing of its own: who signals the leader has ended the namespace.</summary>
    internal override int Kill() => 0;

    /// <summary>
    /// Whether the kernel keeps a signal from the leader although any other process would end by it: the first process of a namespace
    /// gets only what it has a handler for (pid_namespaces(7)).
    /// </summary>
    internal bool IsSparedBy(Signal signal)
    {
        if (
            signal.Number is < 1 or > 31
            || signal == Signal.Kill
            || SystemText.Read($"/proc/{leader}/status") is not { } status
            || !Contains(leader)
        )
        {
            return false;
        }

        // Stopping, continuing and what is ignored by default.
        const ulong EndsNobody = 1UL << 16 | 1UL << 17 | 1UL << 18 | 1UL << 19 | 1UL << 20 | 1UL << 21 | 1UL << 22 | 1UL << 27;
        var bit = 1UL << (signal.Number - 1);
        return ((Set(status, "SigCgt:") | Set(status, "SigIgn:") | EndsNobody) & bit) == 0;
    }

    private static ulong Set(string status, string field)
    {
        var line = status.Split('\n').FirstOrDefault(line => line.StartsWith(field, StringComparison.Ordinal));
        return
            line is not null
            && ulong.TryParse(
                line.AsSpan(field.Length).Trim(),
                System.Globalization.NumberStyles.HexNumber,
                System.Globalization.CultureInfo.InvariantCulture,
                out var set
            )
            ? set
            : ulong.MaxValue;
    }

    private static string? NameOf(int pid) => Descriptor.LinkTarget($"/proc/{pid}/ns/pid");
}
