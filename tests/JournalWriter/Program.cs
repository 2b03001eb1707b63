// journalwriter DIR COUNT TAG [SEGMENT-SIZE [KEYS]]: appends COUNT records (every tenth durable, several at a time) and prints "INDEX REASON"
// for each one that was acknowledged, after it was. With KEYS, a directory of keys, the journal is signed, and what is refused is no
// reason to end: the next record is tried. For tests that let many of these write at once, and kill some of them.
using System.Globalization;
using Osl.Operations;
using Osl.Operations.Auditing;
using Osl.Security.Audit;

var (directory, count, tag) = (args[0], int.Parse(args[1], CultureInfo.InvariantCulture), args[2]);
var options = new AuditJournalOptions();
if (args.Length > 3)
{
    options = options with { SegmentSize = int.Parse(args[3], CultureInfo.InvariantCulture), ZeroAhead = 16 * 1024 };
}

if (args.Length > 4)
{
    options = options with { Signing = new AuditSigningOptions(args[4]) { EveryRecords = 5 } };
}

// A killed process must not take printed lines with it.
var gate = new Lock();
await using var output = new StreamWriter(Console.OpenStandardOutput()) { AutoFlush = true };
await using var journal = AuditJournal.Open(directory, options).OrThrow();
const int Lanes = 3;
await Task.WhenAll(Enumerable.Range(0, Lanes).Select(lane => Task.Run(() => WriteAsync(lane))));

async Task WriteAsync(int lane)
{
    for (var i = lane; i < count; i += Lanes)
    {
        var reason = string.Create(CultureInfo.InvariantCulture, $"{tag}:{i}");
        var record = new AuditRecord
        {
            Type = AuditRecordType.Intent,
            Time = TimeProvider.System.GetUtcNow(),
            Reason = reason,
            HostPid = Environment.ProcessId,
        };
        var outcome = await journal.AppendAsync(record, i % 10 == 0 ? AuditGuarantee.Durable : AuditGuarantee.Written);
        if (!outcome.TryPickT0(out var receipt, out var refused))
        {
            if (args.Length > 4)
            {
                continue;
            }

            throw new InvalidOperationException(refused.Message);
        }

        lock (gate)
        {
            output.Write(string.Create(CultureInfo.InvariantCulture, $"{receipt.Index} {reason}\n"));
        }
    }
}
