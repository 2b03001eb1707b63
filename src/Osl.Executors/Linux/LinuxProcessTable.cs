using System.Globalization;
using Osl.Interop.Linux;
using Osl.Operations.Processes;

namespace Osl.Executors.Linux;

/// <summary>Lines of /proc in the words of the operations.</summary>
internal static class LinuxProcessTable
{
    internal static ProcessRef Ref(in ProcLine line) => Ref(line.Pid, line.StartTime);

    internal static ProcessRef Ref(int pid, long startTime) => new(pid, startTime, ProcFs.BootId, ProcFs.PidNamespace);

    /// <summary>Whether a reference is of this boot and of our pid namespace: else its numbers mean nothing here.</summary>
    internal static bool IsOfHere(ProcessRef process) =>
        string.Equals(process.BootId, ProcFs.BootId, StringComparison.Ordinal) && process.PidNamespace == ProcFs.PidNamespace;

    /// <summary>One process; null when it is gone or its pid is another's now.</summary>
    internal static ProcessState? Read(ProcessRef process) =>
        IsOfHere(process) && ProcLine.TryRead(process.Pid, out var line, withName: true) && line.StartTime == process.StartTime
            ? State(process, line)
            : null;

    /// <summary>Its program; null also where we may not look (ptrace(2), PTRACE_MODE_READ_FSCREDS), and for a kernel thread.</summary>
    internal static string? ProgramPath(int pid)
    {
        try
        {
            return new FileInfo(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/exe")).LinkTarget;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Lines that were read with their names; those that are gone since are left out.</summary>
    internal static List<ProcessState> States(List<ProcLine> lines)
    {
        var states = new List<ProcessState>(lines.Count);
        foreach (var line in lines)
        {
            if (State(Ref(line), line) is { } state)
            {
                states.Add(state);
            }
        }

        return states;
    }

    /// <summary>Those who are neither zombies nor gone: one file of each, not two.</summary>
    internal static List<ProcessRef> Living(List<ProcLine> lines)
    {
        var living = new List<ProcessRef>(lines.Count);
        foreach (var line in lines)
        {
            if (line.IsAlive)
            {
                living.Add(Ref(line));
            }
        }

        return living;
    }

    /// <summary>Null when it went away between the two files: a uid that nobody has would look like a stranger's.</summary>
    private static ProcessState? State(ProcessRef process, in ProcLine line) =>
        ProcFile.RealUid(line.Pid) is >= 0 and var uid
            ? new ProcessState(process, line.Name, line.ParentPid, line.Pgid, line.Session, uid, Activity(line.State))
            : null;

    private static ProcessActivity Activity(char state) =>
        state switch
        {
            'R' or 'W' or 'P' or 'K' => ProcessActivity.Running,
            'S' => ProcessActivity.Sleeping,
            'D' => ProcessActivity.Blocked,
            'I' => ProcessActivity.Idle,
            'T' or 't' => ProcessActivity.Stopped,
            'Z' => ProcessActivity.Zombie,
            'X' or 'x' => ProcessActivity.Terminated,
            _ => ProcessActivity.Unavailable,
        };
}
