using Osl.Operations.Policies;

namespace Osl.Operations.Processes;

/// <summary>
/// What policies judge about processes. A run is judged as a start, every kill as a signal (adr/0011-actions-not-types.md).
/// </summary>
public static class ProcessActions
{
    /// <summary><c>process.start</c></summary>
    public static PolicyAction Start { get; } = new("process.start");

    /// <summary><c>process.signal</c></summary>
    public static PolicyAction Signal { get; } = new("process.signal");

    /// <summary><c>process.attach</c></summary>
    public static PolicyAction Attach { get; } = new("process.attach");

    /// <summary><c>process.inspect</c></summary>
    public static PolicyAction Inspect { get; } = new("process.inspect");
}
