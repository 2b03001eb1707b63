namespace Osl.Executors;

/// <summary>What a platform and machine can do; each with what to do about a no.</summary>
/// <param name="Platform"><c>linux</c>, <c>posix</c>, <c>windows</c>.</param>
/// <param name="Items">One line each.</param>
public sealed record PlatformCapabilities(string Platform, IReadOnlyList<Capability> Items)
{
    /// <summary>Whether a capability is there.</summary>
    /// <param name="name">Its name.</param>
    public bool Has(string name) => Items.Any(item => string.Equals(item.Name, name, StringComparison.Ordinal) && item.Available);
}

/// <summary>One thing a machine can or can't do.</summary>
/// <param name="Name">A short stable name: <c>pidfd</c>, <c>group-signal-by-pidfd</c>.</param>
/// <param name="Available">Whether it can.</param>
/// <param name="Detail">What was found.</param>
/// <param name="Remedy">For a no: what would help. Null otherwise.</param>
public sealed record Capability(string Name, bool Available, string Detail, string? Remedy = null);
