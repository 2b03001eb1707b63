using Osl.Operations;

namespace Osl.Supervision.Trees;

/// <summary>Something has happened in a supervision tree.</summary>
/// <param name="Path">Where: the child's name; below a nested supervisor outer/inner. Empty for the supervisor itself.</param>
/// <param name="At">When, UTC.</param>
public abstract record SupervisorEvent(string Path, DateTimeOffset At)
{
    /// <summary>A child has come to another state.</summary>
    /// <param name="Path">Which.</param>
    /// <param name="At">When, UTC.</param>
    /// <param name="From">The state before.</param>
    /// <param name="To">The state now.</param>
    /// <param name="Error">What went wrong; null when nothing did.</param>
    public sealed record Changed(string Path, DateTimeOffset At, LifecycleState From, LifecycleState To, Exception? Error)
        : SupervisorEvent(Path, At);

    /// <summary>A child has ended and left processes behind, which were ended: an orphan alert.</summary>
    /// <param name="Path">Which.</param>
    /// <param name="At">When, UTC.</param>
    /// <param name="Process">What the child had named.</param>
    /// <param name="Ended">How many processes were ended; of them <paramref name="Escaped"/> had left their group.</param>
    /// <param name="Escaped">How many had left their group, by setsid(2) for instance.</param>
    public sealed record OrphansEnded(string Path, DateTimeOffset At, ChildProcessInfo Process, int Ended, int Escaped)
        : SupervisorEvent(Path, At);

    /// <summary>A process of a child could not be ended: it may still run.</summary>
    /// <param name="Path">Which child.</param>
    /// <param name="At">When, UTC.</param>
    /// <param name="Process">What the child had named; or one of it that had left its group, by itself.</param>
    /// <param name="Problem">Why not.</param>
    public sealed record CleanupFailed(string Path, DateTimeOffset At, ChildProcessInfo Process, OperationError Problem)
        : SupervisorEvent(Path, At);

    /// <summary>A Detached process was left running.</summary>
    /// <param name="Path">Of which child.</param>
    /// <param name="At">When, UTC.</param>
    /// <param name="Process">Which.</param>
    public sealed record LeftRunning(string Path, DateTimeOffset At, ChildProcessInfo Process) : SupervisorEvent(Path, At);

    /// <summary>A message did not arrive at a child.</summary>
    /// <param name="Path">Which.</param>
    /// <param name="At">When, UTC.</param>
    /// <param name="Error">Why not.</param>
    public sealed record MessageFailed(string Path, DateTimeOffset At, Exception Error) : SupervisorEvent(Path, At);

    /// <summary>The supervisor gives up: it ends its children and fails itself, which its own supervisor then deals with.</summary>
    /// <param name="Path">Which supervisor; empty for the one that is listened to.</param>
    /// <param name="At">When, UTC.</param>
    /// <param name="Failure">Why.</param>
    public sealed record GivenUp(string Path, DateTimeOffset At, SupervisorFailure Failure) : SupervisorEvent(Path, At);

    /// <summary>The same, seen from one level above.</summary>
    internal SupervisorEvent Under(string name) => this with { Path = Path.Length == 0 ? name : $"{name}/{Path}" };
}
