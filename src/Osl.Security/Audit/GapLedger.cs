using Osl.Operations;
using Osl.Operations.Auditing;

namespace Osl.Security.Audit;

/// <summary>What could not be written although its caller went ahead: material of the next gap record.</summary>
internal sealed class GapLedger(TimeProvider clock, long user)
{
    private const int NamedAtMost = 64;

    private readonly Lock _gate = new();
    private readonly List<string> _operations = [];
    private long _count;
    private DateTimeOffset _from;
    private DateTimeOffset _to;

    internal bool IsEmpty => Volatile.Read(ref _count) == 0;

    internal void Add(AuditRecord record)
    {
        var now = clock.GetUtcNow();
        lock (_gate)
        {
            _from = _count == 0 ? now : _from;
            _to = now;
            _count++;
            if (record.Operation is { } operation && _operations.Count < NamedAtMost)
            {
                var name = operation.ToString();
                if (!_operations.Contains(name, StringComparer.Ordinal))
                {
                    _operations.Add(name);
                }
            }
        }
    }

    /// <summary>Takes out all there is, as a record; null when there is nothing.</summary>
    internal Gap? Take()
    {
        lock (_gate)
        {
            if (_count == 0)
            {
                return null;
            }

            var gap = new Gap(_count, _from, _to, [.. _operations]);
            _operations.Clear();
            _count = 0;
            return gap;
        }
    }

    /// <summary>Puts back what could not be written either; it was there first.</summary>
    internal void PutBack(Gap gap)
    {
        lock (_gate)
        {
            _from = gap.From;
            _to = _count == 0 ? gap.To : _to;
            _count += gap.Count;
            var merged = gap.Operations.Union(_operations, StringComparer.Ordinal).Take(NamedAtMost).ToArray();
            _operations.Clear();
            _operations.AddRange(merged);
        }
    }

    internal AuditRecord ToRecord(Gap gap) =>
        new()
        {
            Type = AuditRecordType.Gap,
            Time = clock.GetUtcNow(),
            HostPid = Environment.ProcessId,
            HostUid = user,
            GapCount = gap.Count,
            GapFrom = gap.From,
            GapTo = gap.To,
            GapOperations = gap.Operations.ToValueList(),
        };

    internal sealed record Gap(long Count, DateTimeOffset From, DateTimeOffset To, string[] Operations);
}
