using Osl.Operations;
using Osl.Operations.Auditing;

namespace Osl.Security.Audit;

/// <summary>What a stretch of the journal amounts to: who asked for what, what became of it, and what has no end.</summary>
public sealed class AuditSummary
{
    private readonly Dictionary<OperationId, AuditRecord> _withoutOutcome = [];
    private readonly Dictionary<(OperationId, int), AuditRecord> _running = [];
    private readonly HashSet<OperationId> _detached = [];
    private readonly HashSet<(OperationId, int)> _ended = [];
    private readonly SortedDictionary<string, AuditTally> _principals = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, AuditTally> _operations = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, AuditTally> _programs = new(StringComparer.Ordinal);

    /// <summary>How many records there are.</summary>
    public long Records { get; private set; }

    /// <summary>The earliest time of a record; null as long as there is none.</summary>
    public DateTimeOffset? First { get; private set; }

    /// <summary>The latest.</summary>
    public DateTimeOffset? Last { get; private set; }

    /// <summary>What was asked for in all.</summary>
    public AuditTally Total { get; } = new();

    /// <summary>The same by who asked.</summary>
    public IReadOnlyDictionary<string, AuditTally> Principals => _principals;

    /// <summary>The same by the type of the operation.</summary>
    public IReadOnlyDictionary<string, AuditTally> Operations => _operations;

    /// <summary>The same by program, where there is one.</summary>
    public IReadOnlyDictionary<string, AuditTally> Programs => _programs;

    /// <summary>Records that could not be written when they were due, as gap records tell.</summary>
    public long Missing { get; private set; }

    /// <summary>The intents to which no outcome is recorded: under way, or the host was lost.</summary>
    public IReadOnlyCollection<AuditRecord> WithoutOutcome => _withoutOutcome.Values;

    /// <summary>What started processes of which no end is recorded: running, or their host was lost.</summary>
    public IReadOnlyCollection<AuditRecord> WithoutExit => [.. _running.Values.Where(record => !IsDetached(record))];

    /// <summary>
    /// What started processes detached, to outlive their host, of which no end is recorded: nobody has to be there to record it. Whether
    /// they still run is known to the registry of what runs alone.
    /// </summary>
    public IReadOnlyCollection<AuditRecord> LeftRunning => [.. _running.Values.Where(IsDetached)];

    /// <summary>Adds a record. They have to come in the order of the log.</summary>
    /// <param name="record">The record.</param>
    public void Add(AuditRecord record)
    {
        ArgumentNullException.ThrowIfNull(record);
        Records++;
        First = First < record.Time ? First : record.Time;
        Last = Last > record.Time ? Last : record.Time;
        switch (record.Type)
        {
            case AuditRecordType.Intent:
                Tally(record, tally => tally.Asked++);
                if (record.Operation is { } asked)
                {
                    _withoutOutcome[asked] = record;
                    if (AuditFilter.StartsDetached(record))
                    {
                        _detached.Add(asked);
                    }
                }

                break;
            case AuditRecordType.Refusal:
                Tally(
                    record,
                    tally =>
                    {
                        tally.Asked++;
                        tally.Denied += AuditFilter.IsDenied(record) ? 1 : 0;
                        tally.DryRuns += AuditFilter.IsDryRun(record) ? 1 : 0;
                        tally.Failed += AuditFilter.HasFailed(record) && !AuditFilter.IsDenied(record) ? 1 : 0;
                    }
                );
                break;
            case AuditRecordType.Outcome:
                AddOutcome(record);
                break;
            case AuditRecordType.Started:
                Running(record);
                break;
            case AuditRecordType.Exit when record is { Operation: { } ended, Pid: { } pid }:
                if (!_running.Remove((ended, pid)))
                {
                    _ended.Add((ended, pid)); // Quicker than the record of its start.
                }

                break;
            case AuditRecordType.Gap:
                Missing += record.GapCount ?? 0;
                break;
        }
    }

    private void AddOutcome(AuditRecord record)
    {
        var intent = record.Operation is { } operation && _withoutOutcome.Remove(operation, out var begun) ? begun : record;
        if (AuditFilter.HasFailed(record))
        {
            Tally(intent, tally => tally.Failed++);
        }
        else if (record is { OperationType: "spawn_process" })
        {
            Running(record with { Executable = intent.Executable });
        }
        else if (
            record.OperationType is "kill_process" or "kill_process_group"
            && intent.Target is { StartedBy: { } startedBy, Id: var target }
            && record.Escaped?.Contains(target) is not true
        )
        {
            // What was started detached is alone in its group, and has no other end on record than this.
            _running.Remove((startedBy, target));
        }
    }

    private bool IsDetached(AuditRecord record) => record.Operation is { } operation && _detached.Contains(operation);

    private void Running(AuditRecord record)
    {
        if (record is { Operation: { } operation, Pid: { } pid })
        {
            if (!_ended.Remove((operation, pid)))
            {
                _running[(operation, pid)] = record;
            }
        }
    }

    private void Tally(AuditRecord record, Action<AuditTally> count)
    {
        count(Total);
        count(Of(_principals, record.Principal ?? "-"));
        count(Of(_operations, record.OperationType ?? "-"));
        if (AuditFilter.ProgramOf(record) is { } program)
        {
            count(Of(_programs, program));
        }
    }

    private static AuditTally Of(SortedDictionary<string, AuditTally> tallies, string name)
    {
        if (!tallies.TryGetValue(name, out var tally))
        {
            tallies[name] = tally = new AuditTally();
        }

        return tally;
    }
}

/// <summary>How often something was asked for, and with what result.</summary>
public sealed class AuditTally
{
    /// <summary>How many operations were asked for.</summary>
    public long Asked { get; internal set; }

    /// <summary>How many of them were denied, or lacked an approval.</summary>
    public long Denied { get; internal set; }

    /// <summary>How many failed otherwise.</summary>
    public long Failed { get; internal set; }

    /// <summary>How many were only asked about, in a dry run, and would have been allowed: neither done nor failed.</summary>
    public long DryRuns { get; internal set; }
}
