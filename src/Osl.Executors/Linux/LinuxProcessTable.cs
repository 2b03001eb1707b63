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
        IsOfHere(process) && ProcFs.TryReadStat(process.Pid, out var stat) && stat.StartTime == process.StartTime
            ? State(process, stat)
            : null;

    /// <summary>The lines of many; those that are gone meanwhile are left out.</summary>
    internal static List<ProcessState> Read(List<ProcLine> lines)
    {
        var states = new List<ProcessState>(lines.Count);
        foreach (var line in lines)
        {
            if (ProcFs.TryReadStat(line.Pid, out var stat) && stat.StartTime == line.StartTime)
            {
                states.Add(State(Ref(line), stat));
            }
        }

        return states;
    }

    private static ProcessState State(ProcessRef process, in ProcStat stat) =>
        new(process, stat.Comm, stat.ParentPid, stat.Pgid, stat.Session, ProcFile.RealUid(process.Pid), Activity(stat.State));

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
