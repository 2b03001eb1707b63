using Osl.Operations;
using Osl.Operations.Auditing;

namespace Osl.Testing;

/// <summary>A journal in memory, for looking at what was recorded; can be told to fail as a full disk would.</summary>
/// <remarks>
/// While it fails, a record that has to be written is answered with <see cref="AuditUnavailable"/> and not kept; a
/// <see cref="AuditGuarantee.BestEffort"/> one is counted, and the first record after the failure is preceded by a gap record, as the
/// contract says. Safe for use by several threads.
/// </remarks>
/// <param name="time">The clock of gap records; null for the system's.</param>
public sealed class CollectingJournal(TimeProvider? time = null) : IAuditJournal
{
    private const int MostNamed = 64;

    private readonly Lock _lock = new();
    private readonly TimeProvider _time = time ?? TimeProvider.System;
    private readonly List<CollectedRecord> _entries = [];
    private readonly List<AuditRecord> _missed = [];
    private string? _failure;

    /// <summary>What has been appended so far, in order, gap records included.</summary>
    public IReadOnlyList<AuditRecord> Records => [.. Entries.Select(entry => entry.Record)];

    /// <summary>The same, each with the guarantee that was asked for.</summary>
    public IReadOnlyList<CollectedRecord> Entries
    {
        get
        {
            lock (_lock)
            {
                return [.. _entries];
            }
        }
    }

    /// <summary>From now on nothing can be written.</summary>
    /// <param name="because">Why, as <see cref="AuditUnavailable"/> says it.</param>
    public void Fail(string because = "the journal was told to fail")
    {
        lock (_lock)
        {
            _failure = because;
        }
    }

    /// <summary>From now on it can be written again.</summary>
    public void Recover()
    {
        lock (_lock)
        {
            _failure = null;
        }
    }

    /// <inheritdoc/>
    public ValueTask<OneOf<AuditReceipt, OperationError>> AppendAsync(AuditRecord record, AuditGuarantee guarantee)
    {
        ArgumentNullException.ThrowIfNull(record);
        lock (_lock)
        {
            return ValueTask.FromResult(Append(record, guarantee));
        }
    }

    private OneOf<AuditReceipt, OperationError> Append(AuditRecord record, AuditGuarantee guarantee)
    {
        if (_failure is not null)
        {
            if (guarantee == AuditGuarantee.BestEffort)
            {
                _missed.Add(record);
            }

            return new AuditUnavailable(_failure);
        }

        if (_missed.Count > 0)
        {
            _entries.Add(new CollectedRecord(Gap(), AuditGuarantee.BestEffort));
            _missed.Clear();
        }

        _entries.Add(new CollectedRecord(record, guarantee));
        return new AuditReceipt(_entries.Count - 1);
    }

    private AuditRecord Gap() =>
        new()
        {
            Type = AuditRecordType.Gap,
            Time = _time.GetUtcNow(),
            HostPid = Environment.ProcessId,
            GapCount = _missed.Count,
            GapFrom = _missed[0].Time,
            GapTo = _missed[^1].Time,
            GapOperations = _missed
                .Select(record => record.Operation?.ToString())
                .OfType<string>()
                .Distinct(StringComparer.Ordinal)
                .Take(MostNamed)
                .ToValueList(),
        };
}

/// <summary>One record that was appended.</summary>
/// <param name="Record">The record.</param>
/// <param name="Guarantee">What was asked for.</param>
public sealed record CollectedRecord(AuditRecord Record, AuditGuarantee Guarantee);
