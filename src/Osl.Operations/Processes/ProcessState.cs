using System.Text.Json.Serialization;

namespace Osl.Operations.Processes;

/// <summary>What a process is doing, as the system's table says at one moment.</summary>
[JsonConverter(typeof(SnakeCaseEnumConverter<ProcessActivity>))]
public enum ProcessActivity
{
    /// <summary>It lives, but can't be read.</summary>
    Unavailable,

    /// <summary>Runs or could run (R).</summary>
    Running,

    /// <summary>Waits for something, interruptibly (S).</summary>
    Sleeping,

    /// <summary>Waits in the kernel and can't be interrupted (D).</summary>
    Blocked,

    /// <summary>An idle kernel thread (I).</summary>
    Idle,

    /// <summary>Stopped by a signal or a tracer (T, t).</summary>
    Stopped,

    /// <summary>Ended, not yet waited for by its parent (Z).</summary>
    Zombie,

    /// <summary>Gone (X, or no entry any more).</summary>
    Terminated,
}

/// <summary>One line of the process table.</summary>
/// <param name="Process">Which process.</param>
/// <param name="Name">Its name as the system reports it (comm: 15 bytes on Linux). Untrusted text: escape it for display.</param>
/// <param name="ParentPid">Its parent.</param>
/// <param name="Pgid">Its process group.</param>
/// <param name="Session">Its session (getsid(2)).</param>
/// <param name="Uid">The real uid it runs as; -1 where there are none.</param>
/// <param name="Activity">What it is doing.</param>
public sealed record ProcessState(ProcessRef Process, string Name, int ParentPid, int Pgid, int Session, long Uid, ProcessActivity Activity)
{
    /// <summary>Neither a zombie nor gone.</summary>
    [JsonIgnore]
    public bool IsAlive => Activity is not (ProcessActivity.Zombie or ProcessActivity.Terminated);
}
