using System.Text.Json.Serialization;

namespace Osl.Operations;

/// <summary>What came of an operation that succeeded. Each operation derives its own.</summary>
public abstract record ExecutionResult
{
    private string? _operationType;

    /// <summary>The call. Set by the pipeline.</summary>
    public OperationId OperationId { get; private set; }

    /// <summary>When the call was taken, UTC. Set by the pipeline.</summary>
    public DateTimeOffset StartedAt { get; private set; }

    /// <summary>When it was done, UTC. Set by the pipeline.</summary>
    public DateTimeOffset CompletedAt { get; private set; }

    /// <summary>How long it took, on a monotonic clock. Set by the pipeline.</summary>
    public TimeSpan Duration { get; private set; }

    /// <summary>False when the outcome could not be written to the journal: it happened all the same. Set by the pipeline.</summary>
    public bool OutcomeRecorded { get; private set; } = true;

    /// <summary>
    /// The seeds' names and values: <c>operation_type</c>, <c>pid</c>, <c>pgid</c>, <c>is_group_leader</c>, <c>job_id</c>,
    /// <c>target_pgid</c>, <c>processes_affected</c>, those of them that apply. Made from the typed members.
    /// </summary>
    [JsonIgnore]
    public IReadOnlyDictionary<string, string> Metadata
    {
        get
        {
            var metadata = new Dictionary<string, string>(StringComparer.Ordinal);
            if (_operationType is not null)
            {
                metadata["operation_type"] = _operationType;
            }

            Describe(metadata);
            return metadata;
        }
    }

    /// <summary>Adds this result's own metadata.</summary>
    /// <param name="metadata">Where to add.</param>
    protected virtual void Describe(IDictionary<string, string> metadata) { }

    internal void Stamp(OperationId id, string operationType, DateTimeOffset startedAt, DateTimeOffset completedAt, TimeSpan duration)
    {
        OperationId = id;
        _operationType = operationType;
        StartedAt = startedAt;
        CompletedAt = completedAt;
        Duration = duration;
    }

    internal void MarkUnrecorded() => OutcomeRecorded = false;
}
