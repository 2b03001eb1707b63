using Osl.Operations;
using Osl.Operations.Processes;

namespace Osl.Supervision.Groups;

/// <summary>A member of a group has come to another state, or could not be brought to it.</summary>
/// <param name="Process">Which member; null for one that could not be started.</param>
/// <param name="From">The state before.</param>
/// <param name="To">The state now.</param>
/// <param name="At">When, UTC.</param>
/// <param name="Status">How it ended, where it has and that is known.</param>
/// <param name="Error">Why it could not be started or ended; null when nothing went wrong.</param>
public sealed record GroupEvent(
    ProcessRef? Process,
    LifecycleState From,
    LifecycleState To,
    DateTimeOffset At,
    ExitStatus? Status = null,
    OperationError? Error = null
);
