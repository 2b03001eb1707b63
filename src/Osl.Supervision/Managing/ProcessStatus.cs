using Osl.Operations.Processes;

namespace Osl.Supervision;

/// <summary>What a managed process is doing.</summary>
public enum ProcessStatus
{
    /// <summary>Defined, and never started.</summary>
    Initial,

    /// <summary>Runs or could run (R of proc_pid_stat(5)).</summary>
    Running,

    /// <summary>Waits for something (S).</summary>
    Sleeping,

    /// <summary>Waits in the kernel, for a disk as a rule, and can't be interrupted (D).</summary>
    Blocked,

    /// <summary>An idle kernel thread (I): only one that was attached to can be that.</summary>
    Idle,

    /// <summary>Stopped, by a signal or by who traces it (T, t).</summary>
    Stopped,

    /// <summary>Ended, and not yet waited for by its parent (Z): counts as ended.</summary>
    Zombie,

    /// <summary>Lives, but can't be read.</summary>
    Unavailable,

    /// <summary>Gone.</summary>
    Terminated,
}

/// <summary>From what the system's table says to a status.</summary>
internal static class ProcessStatuses
{
    internal static ProcessStatus Of(ProcessActivity activity) =>
        activity switch
        {
            ProcessActivity.Running => ProcessStatus.Running,
            ProcessActivity.Sleeping => ProcessStatus.Sleeping,
            ProcessActivity.Blocked => ProcessStatus.Blocked,
            ProcessActivity.Idle => ProcessStatus.Idle,
            ProcessActivity.Stopped => ProcessStatus.Stopped,
            ProcessActivity.Zombie => ProcessStatus.Zombie,
            ProcessActivity.Terminated => ProcessStatus.Terminated,
            _ => ProcessStatus.Unavailable,
        };
}
