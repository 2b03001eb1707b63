using Osl.Operations;
using Osl.Operations.Processes;

namespace Osl.Supervision;

/// <summary>That something about a managed process has changed: where it stands in its life, or what it is doing.</summary>
/// <param name="Name">Which one, by its name in the manager.</param>
/// <param name="Process">The process it is about; null when none was started yet.</param>
/// <param name="State">Where it stands in its life.</param>
/// <param name="Before">Where it stood before; the same where only its status has changed.</param>
/// <param name="Status">What it is doing.</param>
/// <param name="StatusBefore">What it was doing.</param>
/// <param name="Restarts">How often it was started again, unasked, since somebody has started it.</param>
/// <param name="At">When, UTC.</param>
public sealed record ProcessNotice(
    string Name,
    ProcessRef? Process,
    LifecycleState State,
    LifecycleState Before,
    ProcessStatus Status,
    ProcessStatus StatusBefore,
    long Restarts,
    DateTimeOffset At
)
{
    /// <summary>How it has ended; null where it has not, or could not even be started.</summary>
    public ProcessExit? Exit { get; init; }

    /// <summary>Why it could not be started, or what was left of it not ended; null where nothing failed.</summary>
    public OperationError? Error { get; init; }
}
