using Osl.Executors.Registry;
using Osl.Interop.Windows;
using Osl.Operations;

namespace Osl.Executors.Windows;

/// <summary>The group that this host is in itself: that of the Osl that started it, or else one that has its own pid for a number.</summary>
internal static class HostGroup
{
    /// <summary>The idle process, and what has no process at all; the kernel's own is 4.</summary>
    private const int LastOfTheSystem = 4;

    internal static int IdOf(ILaunchRegistry registry)
    {
        foreach (var entry in registry.Live())
        {
            if (entry.OwnsGroup && IsMember(entry.Operation) == true)
            {
                return entry.Pgid;
            }
        }

        return Environment.ProcessId;
    }

    /// <summary>What is never signalled: the system's first processes, those it can't go on without, this host and its own group.</summary>
    internal static bool IsProtected(int id, bool isGroup, ILaunchRegistry registry)
    {
        if (id <= LastOfTheSystem || id == Environment.ProcessId)
        {
            return true;
        }

        if (isGroup)
        {
            return registry.FindGroup(id) is { } entry && IsMember(entry.Operation) != false;
        }

        using var process = ProcessHandle.TryOpen(id, ProcessHandle.ToQuery, out _);
        return process is not null && ProcessHandle.IsCritical(process);
    }

    internal static Denied Refuse(string target) =>
        new(
            "osl:protected",
            $"{target} is this host itself, its own group, or a process that the system needs.",
            "Nothing: name another target. A host that wants to end itself exits."
        );

    /// <summary>Whether this host is in a job, whatever number its group goes by; null when the system does not tell.</summary>
    internal static bool? IsIn(Win32Handle job)
    {
        using var self = ProcessHandle.Current();
        return Job.Contains(job, self);
    }

    private static bool? IsMember(OperationId operation)
    {
        using var job = Job.TryOpen(JobNames.Of(operation), Kernel32.JOB_OBJECT_QUERY, out _);
        return job is null ? false : IsIn(job);
    }
}
