using System.Globalization;
using System.Text.Json.Serialization;

namespace Osl.Operations.Processes;

/// <summary>A program runs.</summary>
/// <param name="Process">Which process it is.</param>
/// <param name="Pgid">The process group it is in.</param>
public sealed record SpawnProcessResult(ProcessRef Process, int Pgid) : ExecutionResult
{
    private IRunningProcess? _live;

    /// <summary>Its pid.</summary>
    [JsonIgnore]
    public int Pid => Process.Pid;

    /// <summary>Whether it leads its process group: true when the group was made for it.</summary>
    [JsonIgnore]
    public bool IsGroupLeader => Pgid == Process.Pid;

    /// <summary>Its group as a target for later operations; null when it shares its host's.</summary>
    public GroupRef? Group { get; init; }

    /// <summary>The job object's name on Windows; null elsewhere.</summary>
    public string? JobId { get; init; }

    /// <summary>Inherited variables that the policy did not let through, by name.</summary>
    public ValueList<string> DroppedVariables { get; init; }

    /// <summary>The live view. Never serialised.</summary>
    /// <exception cref="InvalidOperationException">This result was read from its written form.</exception>
    [JsonIgnore]
    public IRunningProcess Live
    {
        get => _live ?? throw new InvalidOperationException("A result read from its written form has no live view; attach to the process.");
        init => _live = value;
    }

    /// <inheritdoc/>
    public bool Equals(SpawnProcessResult? other) =>
        base.Equals(other)
        && Process == other.Process
        && Pgid == other.Pgid
        && Group == other.Group
        && string.Equals(JobId, other.JobId, StringComparison.Ordinal)
        && DroppedVariables == other.DroppedVariables;

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(base.GetHashCode(), Process, Pgid);

    /// <inheritdoc/>
    protected override void Describe(IDictionary<string, string> metadata)
    {
        ArgumentNullException.ThrowIfNull(metadata);
        metadata["pid"] = Pid.ToString(CultureInfo.InvariantCulture);
        metadata["pgid"] = Pgid.ToString(CultureInfo.InvariantCulture);
        metadata["is_group_leader"] = IsGroupLeader ? "true" : "false";
        if (JobId is not null)
        {
            metadata["job_id"] = JobId;
        }
    }
}
