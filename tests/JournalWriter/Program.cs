// journalwriter DIR COUNT TAG [SEGMENT-SIZE]: appends COUNT records (every tenth durable, several at a time) and prints "INDEX REASON"
// for each one that was acknowledged, after it was. For tests that let many of these write at once, and kill some of them.
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
        var receipt = await journal.AppendAsync(record, i % 10 == 0 ? AuditGuarantee.Durable : AuditGuarantee.Written).OrThrow();
        lock (gate)
        {
            output.Write(string.Create(CultureInfo.InvariantCulture, $"{receipt.Index} {reason}\n"));
        }
    }
}
