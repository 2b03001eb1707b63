using Osl.Operations;

namespace Osl.Hosting.Health;

/// <summary>How one part of a host does.</summary>
public enum HealthState
{
    /// <summary>It does its work.</summary>
    Healthy,

    /// <summary>It works, but not as it should: somebody should look.</summary>
    Degraded,

    /// <summary>It does not do its work: programs can't be started, or their ends are not noticed.</summary>
    Unhealthy,
}

/// <summary>How one part of a host does, and why.</summary>
/// <param name="Part">journal, policy, watcher or guardian.</param>
/// <param name="State">How it does.</param>
/// <param name="Message">One sentence; never anything secret.</param>
public sealed record PartHealth(string Part, HealthState State, string Message);

/// <summary>How a host does.</summary>
/// <param name="Parts">Part by part.</param>
public sealed record HostHealth(ValueList<PartHealth> Parts)
{
    /// <summary>The worst of its parts.</summary>
    public HealthState State => Parts.Count == 0 ? HealthState.Healthy : Parts.Max(part => part.State);
}
