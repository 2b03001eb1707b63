using Osl.Interop.Linux;
using Osl.Operations;
using Osl.Operations.Processes;

namespace Osl.Executors.Linux;

/// <summary>Limits for each process (setrlimit(2)): they belong to the process, so they are set while the gate holds it.</summary>
internal static class RequestedLimits
{
    /// <summary>One of them, and what it is set to.</summary>
    internal readonly record struct Entry(int Resource, string Name, Libc.ResourceLimit Limit);

    /// <summary>Those that are asked for.</summary>
    internal static List<Entry> Of(ResourceLimits? limits)
    {
        var entries = new List<Entry>();
        if (limits is null)
        {
            return entries;
        }

        if (limits.CpuTime is { } time)
        {
            // SIGXCPU first; who handles that and goes on is killed a second later.
            var seconds = (ulong)Math.Max(1, Math.Ceiling(time.TotalSeconds));
            entries.Add(new Entry(Libc.RLIMIT_CPU, "CPU time", new Libc.ResourceLimit { Soft = seconds, Hard = seconds + 1 }));
        }

        Add(entries, Libc.RLIMIT_NOFILE, "open files", limits.OpenFiles);
        Add(entries, Libc.RLIMIT_FSIZE, "file size", limits.FileSizeBytes);
        Add(entries, Libc.RLIMIT_CORE, "core dump size", limits.CoreDumpBytes);
        return entries;
    }

    /// <summary>The first that only a whole group can have; null when none is asked for.</summary>
    internal static string? OfGroup(ResourceLimits limits) =>
        limits.MemoryBytes is not null ? "memory"
        : limits.CpuMillis is not null ? "CPUs"
        : limits.Processes is not null ? "processes"
        : null;

    /// <summary>Lowers what only has to be lowered: the hard limit of CPU time, where the host's own is as low.</summary>
    internal static List<Entry> WithinHost(List<Entry> entries)
    {
        for (var index = 0; index < entries.Count; index++)
        {
            var entry = entries[index];
            if (
                entry.Resource == Libc.RLIMIT_CPU
                && HardOf(entry.Resource) is var hard
                && entry.Limit.Hard > hard
                && entry.Limit.Soft <= hard
            )
            {
                entries[index] = entry with { Limit = entry.Limit with { Hard = hard } };
            }
        }

        return entries;
    }

    /// <summary>The first that is above what the host itself may have; null when none is.</summary>
    internal static string? Raised(List<Entry> entries)
    {
        foreach (var entry in entries)
        {
            if (entry.Limit.Soft > HardOf(entry.Resource))
            {
                return entry.Name;
            }
        }

        return null;
    }

    /// <summary>What the host may not set, told before anything starts.</summary>
    internal static OperationError? Refusal(LaunchPlan plan, HostPrivileges host, List<Entry> limits)
    {
        if (Raised(limits) is { } raised && !host.Has(HostPrivileges.SysResource))
        {
            return HostPrivileges.Lacks($"a limit of {raised} above the host's own", HostPrivileges.SysResource);
        }

        return plan.Containment == Containment.PidNamespace && NamespaceProc.Program is null
            ? new Unsupported("a pid namespace of its own without mount(8), which gives it its /proc", "Install util-linux.")
            : null;
    }

    private static ulong HardOf(int resource) => Libc.GetRlimit(resource, out var limit) == 0 ? limit.Hard : Libc.RLIM_INFINITY;

    private static void Add(List<Entry> entries, int resource, string name, long? value)
    {
        if (value is { } most)
        {
            entries.Add(new Entry(resource, name, new Libc.ResourceLimit { Soft = (ulong)most, Hard = (ulong)most }));
        }
    }
}
