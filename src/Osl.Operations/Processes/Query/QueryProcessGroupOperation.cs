using System.Globalization;
using System.Text.Json.Serialization;

namespace Osl.Operations.Processes;

/// <summary>Asks who is in a process group.</summary>
public sealed record QueryProcessGroupOperation : IOperation<QueryProcessGroupResult>
{
    /// <summary>Names the group.</summary>
    /// <param name="target">See <see cref="Target"/>.</param>
    [JsonConstructor]
    public QueryProcessGroupOperation(GroupTarget target) => Target = target;

    /// <summary>The group.</summary>
    public GroupTarget Target { get; init; }

    /// <summary>The target.</summary>
    public override string ToString() => $"query {Target}";
}

/// <summary>Who is in a process group.</summary>
/// <param name="Pgid">The group.</param>
/// <param name="Members">Its members, zombies included.</param>
/// <param name="Escaped">Processes of the same operation that have left the group and are alive.</param>
public sealed record QueryProcessGroupResult(int Pgid, ValueList<ProcessState> Members, ValueList<ProcessRef> Escaped) : ExecutionResult
{
    /// <summary>The exact group, for later operations; null when this was read from an older written form.</summary>
    public GroupRef? Group { get; init; }

    /// <inheritdoc/>
    protected override void Describe(IDictionary<string, string> metadata)
    {
        ArgumentNullException.ThrowIfNull(metadata);
        metadata["target_pgid"] = Pgid.ToString(CultureInfo.InvariantCulture);
    }
}
