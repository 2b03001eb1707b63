using Osl.Operations.Processes;

namespace Osl.Supervision.Groups;

/// <summary>What can be said of a <see cref="ProcessGroup"/>.</summary>
public sealed record ProcessGroupOptions
{
    /// <summary>How <see cref="ProcessGroup.DisposeAsync"/> ends who is left: SIGKILL at once unless said otherwise.</summary>
    public StopSequence DisposeSequence { get; init; } = StopSequence.Immediate;

    /// <summary>The clock of events and of waits.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;
}
