using Osl.Operations;
using Osl.Operations.Processes;

namespace Osl.Supervision.Groups;

/// <summary>One member of a group, from the wish to start it until its end is known. Guarded by its group's lock.</summary>
internal sealed class GroupMember
{
    internal Lifecycle Lifecycle { get; } = new();

    /// <summary>Null until it runs.</summary>
    internal IRunningProcess? Live { get; set; }

    /// <summary>It was there before, and is watched by itself; it may be in one of the group's process groups all the same.</summary>
    internal bool IsAttached { get; init; }

    /// <summary>It was in the host's care before it was attached to: somebody else relies on that.</summary>
    internal bool WasHeld { get; init; }

    /// <summary>In none of the group's process groups: ended and released by itself.</summary>
    internal bool IsAlone { get; set; }

    /// <summary>The handle is not answerable for it any more.</summary>
    internal bool IsReleased { get; set; }

    /// <summary>How it is to be ended as soon as it runs; null when nobody has asked for that.</summary>
    internal StopSequence? StopWhenUp { get; set; }

    /// <summary>Stops that have not been answered yet.</summary>
    internal int PendingStops { get; set; }

    /// <summary>Whether one of the stops was more than refused: then its end is one that was asked for.</summary>
    internal bool IsStopAccepted { get; set; }

    /// <summary>Why the last stop did not end it; null when it did, or there was none.</summary>
    internal OperationError? StopError { get; set; }

    /// <summary>Its end is known to the group.</summary>
    internal TaskCompletionSource Gone { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    internal ProcessRef? Process => Live?.Process;
}
