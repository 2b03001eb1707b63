using System.Globalization;
using System.Text.Json.Serialization;

namespace Osl.Operations.Processes;

/// <summary>A process is in the host's care.</summary>
/// <param name="Process">Which process it is.</param>
/// <param name="Pgid">The process group it is in; on Windows its own pid, since it was put into a job of its own.</param>
public sealed record AttachProcessResult(ProcessRef Process, int Pgid) : ExecutionResult
{
    private IRunningProcess? _live;

    /// <summary>Its pid.</summary>
    [JsonIgnore]
    public int Pid => Process.Pid;

    /// <summary>
    /// The group that it can be ended by as a whole: on Windows the job it was put into, with all that it starts from now on. Null where
    /// the process alone was taken: on POSIX nobody but its parent, before its exec, can change its group (setpgid(2), EACCES).
    /// </summary>
    public GroupRef? Group { get; init; }

    /// <summary>The job object's name on Windows; null elsewhere.</summary>
    public string? JobId { get; init; }

    /// <summary>
    /// The live view, without streams: those are its parent's affair. How it ended is unknown (<see cref="ProcessExit.Status"/>) where it
    /// is not a child of the host (wait(2)); Windows tells it to everybody. Never serialised.
    /// </summary>
    /// <exception cref="InvalidOperationException">This result was read from its written form.</exception>
    [JsonIgnore]
    public IRunningProcess Live
    {
        get => _live ?? throw new InvalidOperationException("A result read from its written form has no live view; attach to the process.");
        init => _live = value;
    }

    /// <summary>Whether it was in the host's care already, for the same principal: then nothing has begun with this attachment. Never serialised.</summary>
    [JsonIgnore]
    public bool WasHeld { get; init; }

    /// <inheritdoc/>
    public bool Equals(AttachProcessResult? other) =>
        base.Equals(other)
        && Process == other.Process
        && Pgid == other.Pgid
        && Group == other.Group
        && string.Equals(JobId, other.JobId, StringComparison.Ordinal);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(base.GetHashCode(), Process, Pgid);

    /// <inheritdoc/>
    protected override void Describe(IDictionary<string, string> metadata)
    {
        ArgumentNullException.ThrowIfNull(metadata);
        metadata["pid"] = Pid.ToString(CultureInfo.InvariantCulture);
        metadata["pgid"] = Pgid.ToString(CultureInfo.InvariantCulture);
        metadata["is_group_leader"] = Pgid == Pid ? "true" : "false";
        if (JobId is not null)
        {
            metadata["job_id"] = JobId;
        }
    }
}
