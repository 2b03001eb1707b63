using Osl.Operations.Processes;

namespace Osl.Supervision.Groups;

/// <summary>A member of a group has ended.</summary>
/// <param name="Process">Which one.</param>
/// <param name="Status">
/// How: by an exit code or by a signal, which are never confused; null when that can't be known, as of a process that was attached to and
/// is no child of the host.
/// </param>
public sealed record GroupExit(ProcessRef Process, ExitStatus? Status)
{
    /// <summary>Its pid.</summary>
    public int Pid => Process.Pid;

    /// <summary>Its exit code; null when a signal ended it, or when nobody knows.</summary>
    public int? ExitCode => Status?.ExitCode;

    /// <summary>The signal that ended it; null when it exited, or when nobody knows.</summary>
    public Signal? Signal => Status?.Signal;

    /// <summary>Whether it has exited with 0. Not when that is unknown.</summary>
    public bool IsSuccess => Status?.IsSuccess == true;
}
