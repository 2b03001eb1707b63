using System.Globalization;
using System.Text.Json.Serialization;

namespace Osl.Operations.Processes;

/// <summary>Asks what one process is doing.</summary>
public sealed record QueryProcessOperation : IOperation<QueryProcessResult>
{
    /// <summary>Names the process.</summary>
    /// <param name="target">See <see cref="Target"/>.</param>
    [JsonConstructor]
    public QueryProcessOperation(ProcessTarget target) => Target = target;

    /// <summary>The process.</summary>
    public ProcessTarget Target { get; init; }

    /// <summary>The target.</summary>
    public override string ToString() => $"query {Target}";
}

/// <summary>What one process is doing.</summary>
/// <param name="State">Its line of the process table.</param>
public sealed record QueryProcessResult(ProcessState State) : ExecutionResult
{
    /// <inheritdoc/>
    protected override void Describe(IDictionary<string, string> metadata)
    {
        ArgumentNullException.ThrowIfNull(metadata);
        metadata["pid"] = State.Process.Pid.ToString(CultureInfo.InvariantCulture);
        metadata["pgid"] = State.Pgid.ToString(CultureInfo.InvariantCulture);
        metadata["is_group_leader"] = State.Pgid == State.Process.Pid ? "true" : "false";
    }
}
