namespace Osl.Supervision.Groups;

/// <summary>A process group of the system that members are in. Guarded by the lock of who holds it.</summary>
internal sealed class HeldGroup
{
    /// <summary>It was there before: its members were attached to, one by one, and are released so.</summary>
    internal bool IsAdopted { get; init; }

    /// <summary>It outlives the handle.</summary>
    internal bool IsReleased { get; set; }
}
