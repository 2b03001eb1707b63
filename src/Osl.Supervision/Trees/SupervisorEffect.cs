namespace Osl.Supervision.Trees;

/// <summary>What the core wants done. Nothing of it waits for anything; what comes of it is told to the core later.</summary>
internal abstract record SupervisorEffect
{
    private SupervisorEffect() { }

    /// <summary>Make the child and run it.</summary>
    internal sealed record Start(ChildSlot Slot, int Run) : SupervisorEffect;

    /// <summary>Ask it to end, and say when its grace is over.</summary>
    internal sealed record Stop(ChildSlot Slot, int Run) : SupervisorEffect;

    /// <summary>Say when its wait is over.</summary>
    internal sealed record Wait(ChildSlot Slot, int Run, TimeSpan Delay) : SupervisorEffect;

    /// <summary>Say when the wait of a restart of several is over.</summary>
    internal sealed record WaitTogether(int Restart, TimeSpan Delay) : SupervisorEffect;

    /// <summary>Its time is not measured any more.</summary>
    internal sealed record NoTimer(ChildSlot Slot) : SupervisorEffect;

    /// <summary>Give its run up.</summary>
    internal sealed record Abandon(ChildSlot Slot) : SupervisorEffect;

    /// <summary>End the OS processes it has named.</summary>
    internal sealed record Clean(ChildSlot Slot, int Run, bool WasAsked) : SupervisorEffect;

    /// <summary>It has left.</summary>
    internal sealed record Leave(ChildSlot Slot) : SupervisorEffect;

    /// <summary>Tell who listens.</summary>
    internal sealed record Tell(SupervisorEvent Event) : SupervisorEffect;

    /// <summary>All children are up for the first time.</summary>
    internal sealed record AllUp : SupervisorEffect;

    /// <summary>It is over.</summary>
    internal sealed record Complete(SupervisorOutcome Outcome) : SupervisorEffect;
}
