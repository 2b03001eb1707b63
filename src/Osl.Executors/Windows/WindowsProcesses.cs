using Osl.Executors.Registry;
using Osl.Interop.Windows;
using Osl.Operations.Processes;

namespace Osl.Executors.Windows;

/// <summary>The process table in the words of the operations.</summary>
/// <remarks>
/// A process is identified by pid and creation time. That is a wall-clock time, so the boot needs no name of its own, and there are no
/// pid namespaces: the reference's boot id is empty and its namespace 0.
/// </remarks>
internal sealed class WindowsProcesses(ILaunchRegistry registry)
{
    private static readonly string ConsoleHost = Path.Join(Environment.SystemDirectory, "conhost.exe");

    internal static ProcessRef Ref(int pid, long creationTime) => new(pid, creationTime, "", 0);

    /// <summary>Whether a reference is of this kind of system at all.</summary>
    internal static bool IsOfHere(ProcessRef process) => process.BootId.Length == 0 && process.PidNamespace == 0;

    /// <summary>One process; null when it is gone or its pid is another's now.</summary>
    internal ProcessState? Read(ProcessRef process)
    {
        if (!IsOfHere(process) || process.Pid <= 0)
        {
            return null;
        }

        using var held = ProcessHandle.TryOpen(process.Pid, ProcessHandle.ToQuery | Kernel32.SYNCHRONIZE, out _);
        return held is not null && (ProcessHandle.CreationTime(held) != process.StartTime || ProcessHandle.HasEnded(held))
            ? null
            : State(process, ProcessTable.Read(), GroupOf(process, held));
    }

    /// <summary>The members of a job, where who has ended is none any more; null when the system does not tell.</summary>
    /// <remarks>
    /// The console's host is left out: it is the system's, comes with a console of its own and goes with the last process that uses it. It is
    /// known by its path, which only an administrator can put another program at.
    /// </remarks>
    internal static List<ProcessState>? Members(Win32Handle job, int group)
    {
        var members = new List<ProcessState>();
        if (Job.Members(job) is not { } pids)
        {
            return null;
        }

        if (pids.Length == 0)
        {
            return members;
        }

        var table = ProcessTable.Read();
        if (table.Count == 0)
        {
            return null;
        }

        foreach (var pid in pids)
        {
            // Held and asked, since the pid may be another process's by now. Who can't be opened belongs to another account.
            using var held = ProcessHandle.TryOpen(pid, ProcessHandle.ToQuery | Kernel32.SYNCHRONIZE, out var error);
            if (held is null ? error != Win32Error.ERROR_ACCESS_DENIED : ProcessHandle.HasEnded(held) || Job.Contains(job, held) == false)
            {
                continue;
            }

            if (held is not null && IsConsoleHost(held))
            {
                continue;
            }

            if (table.TryGetValue(pid, out var row) && State(Ref(pid, row.CreationTime), table, group) is { } state)
            {
                members.Add(state);
            }
        }

        return members;
    }

    private static bool IsConsoleHost(Win32Handle process) =>
        string.Equals(ProcessHandle.ImagePath(process), ConsoleHost, StringComparison.OrdinalIgnoreCase);

    private static ProcessState? State(ProcessRef process, Dictionary<int, ProcessRow> table, int group) =>
        table.TryGetValue(process.Pid, out var row) && row.CreationTime == process.StartTime
            ? new ProcessState(
                process,
                row.Name,
                row.ParentPid,
                group,
                row.Session,
                Uid: -1,
                row.IsSuspended ? ProcessActivity.Stopped : ProcessActivity.Running
            )
            : null;

    /// <summary>The group of ours that a process is in; 0 when it is in none.</summary>
    private int GroupOf(ProcessRef process, Win32Handle? held)
    {
        if (registry.FindProcess(process.Pid) is { } entry && entry.Process == process)
        {
            return entry.Pgid;
        }

        if (held is null)
        {
            return 0;
        }

        foreach (var other in registry.Live())
        {
            if (other.OwnsGroup)
            {
                using var job = Job.TryOpen(JobNames.Of(other.Operation), Kernel32.JOB_OBJECT_QUERY, out _);
                if (job is not null && Job.Contains(job, held) == true)
                {
                    return other.Pgid;
                }
            }
        }

        return 0;
    }
}
