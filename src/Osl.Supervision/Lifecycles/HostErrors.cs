using Osl.Operations;

namespace Osl.Supervision;

/// <summary>What a host that is gone says.</summary>
internal static class HostErrors
{
    /// <summary>Nothing was started: a host that is being disposed of admits no operation (<see cref="ObjectDisposedException"/>).</summary>
    internal static OperationFailed Closed(string name) =>
        new("host_closed", $"The host of '{name}' is closed.", "Start it under a host that is open.");
}
