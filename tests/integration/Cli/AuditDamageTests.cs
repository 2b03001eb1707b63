using System.Runtime.Versioning;
using Osl.Operations;
using Osl.Operations.Auditing;
using Osl.Security.Audit;

namespace Osl.Tests.Integration.Cli;

/// <summary>
/// A damaged journal, as each command that shows it tells of it: what can be read before the damage, where that is, and never that all
/// is well.
/// </summary>
[UnsupportedOSPlatform("windows")]
public sealed class AuditDamageTests : IDisposable
{
    private const int Records = 60;
    private const int HeaderSize = 4096;

    private readonly OslCommandLine _osl = new();

    public static TheoryData<string, string> Cases
    {
        get
        {
            var cases = new TheoryData<string, string>();
            foreach (var how in (string[])["flipped", "zeroed", "truncated", "missing", "larger"])
            {
                foreach (
                    var command in (string[])["list", "list --json", "show", "report", "report --json", "export", "export --csv", "follow"]
                )
                {
                    cases.Add(how, command);
                }
            }

            return cases;
        }
    }

    public void Dispose() => _osl.Dispose();

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task What_stands_before_the_damage_is_shown_and_where_it_is_is_said(string how, string command)
    {
        var operations = await FillAsync();
        var (record, offset) = await DamageAsync(1, how);
        string[] more = command switch
        {
            "show" => [operations[record - 1].ToString()],
            "follow" => ["--from", "0", "--count", "1000"],
            _ => [],
        };
        var outcome = await _osl.RunAsync(["audit", .. command.Split(' '), .. more]);

        Assert.Equal(12, outcome.ExitCode);
        Assert.Contains($"damaged at record {record}, segment 1, offset {offset}: ", outcome.Error, StringComparison.Ordinal);
        Assert.Contains("What follows is not shown.", outcome.Error, StringComparison.Ordinal);
        Assert.Contains("'osl audit verify'", outcome.Error, StringComparison.Ordinal);
        if (command is "report")
        {
            Assert.StartsWith($"{record} records from ", outcome.Output, StringComparison.Ordinal);
        }
        else if (command is "report --json")
        {
            Assert.Equal(record, outcome.JsonLines()[0].GetProperty("records").GetInt32());
            var problem = outcome.JsonLines()[^1];
            JsonShape.All["audit report"].Check(problem);
            Assert.Equal((record, offset), (problem.GetProperty("problem").GetProperty("record").GetInt32(), OffsetIn(problem)));
        }
        else
        {
            Assert.Contains(operations[record - 1].ToString(), outcome.Output, StringComparison.Ordinal);
            Assert.All(operations[record..], after => Assert.DoesNotContain(after.ToString(), outcome.Output, StringComparison.Ordinal));
        }

        Assert.True(
            command is "list" or "show" or "report" == outcome.Output.EndsWith("The journal is damaged.\n", StringComparison.Ordinal),
            outcome.Output
        );
        if (command is "list --json" or "export")
        {
            Assert.Equal(offset, OffsetIn(outcome.JsonLines()[^1]));
        }

        Assert.Equal(12, (await _osl.RunAsync("audit", "verify")).ExitCode);
    }

    [Fact]
    public async Task What_is_asked_for_behind_the_damage_is_never_said_not_to_exist()
    {
        var operations = await FillAsync();
        await DamageAsync(1, "flipped");
        var behind = await _osl.RunAsync("audit", "show", operations[^1].ToString());
        Assert.Equal((12, ""), (behind.ExitCode, behind.Output));
        Assert.Contains("can be read", behind.Error, StringComparison.Ordinal);
        Assert.Contains("segment 1, offset ", behind.Error, StringComparison.Ordinal);
        Assert.Contains("'osl audit verify'", behind.Error, StringComparison.Ordinal);

        // By its index, and among the newest, it is shown: the damage lies before what was asked for.
        var last = await _osl.RunAsync("audit", "show", $"{Records - 1}");
        Assert.Contains(operations[^1].ToString(), last.Output, StringComparison.Ordinal);
        var newest = await _osl.RunAsync("audit", "list", "--limit", "1", "--json");
        Assert.Equal(Records - 1, newest.JsonLines()[^1].GetProperty("index").GetInt32());

        File.Delete(Segment(0));
        var missed = await _osl.RunAsync("audit", "list", "--limit", "1");
        Assert.Equal(12, missed.ExitCode);
        Assert.Contains(operations[^1].ToString(), missed.Output, StringComparison.Ordinal);
        Assert.Contains(
            "damaged at record 0, segment 0, offset 0: the segment is missing. It lies before what is shown",
            missed.Error,
            StringComparison.Ordinal
        );
        var followed = await _osl.RunAsync("audit", "follow", "--from", $"{Records - 1}", "--count", "1");
        Assert.Equal(12, followed.ExitCode);
        Assert.Contains(operations[^1].ToString(), followed.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("list")]
    [InlineData("show")]
    [InlineData("report")]
    [InlineData("export")]
    public async Task An_end_that_is_cut_off_is_told_of(string command)
    {
        var operations = await FillAsync();
        var newest = Directory.GetFiles(_osl.AuditDirectory, "*.osl").Length - 1;
        var (record, offset) = await DamageAsync(newest, "truncated");
        var outcome = await _osl.RunAsync([
            "audit",
            command,
            .. command is "show" ? [operations[record - 1].ToString()] : Array.Empty<string>(),
        ]);
        Assert.Equal(11, outcome.ExitCode);
        Assert.Contains($"cut off at record {record}, segment {newest}, offset {offset}: ", outcome.Error, StringComparison.Ordinal);
        Assert.Contains("'osl audit verify'", outcome.Error, StringComparison.Ordinal);
        Assert.Equal(11, (await _osl.RunAsync("audit", "verify")).ExitCode);
    }

    [Fact]
    public async Task A_terabyte_of_nothing_keeps_nobody_busy_and_nothing_is_started_beside_it()
    {
        Assert.Equal(0, (await _osl.RunAsync("run", "true")).ExitCode);
        try
        {
            using var file = File.OpenHandle(Segment(0), access: FileAccess.ReadWrite);
            RandomAccess.SetLength(file, 1L << 40);
        }
        catch (IOException)
        {
            Assert.Skip("needs a file system that has sparse files of this length");
        }

        foreach (var command in (string[])["list", "report", "export", "verify"])
        {
            var outcome = await _osl.RunAsync("audit", command);
            Assert.Equal(12, outcome.ExitCode);
            Assert.Contains(
                "1099511627776 bytes, and a segment at most 1073741824",
                outcome.Output + outcome.Error,
                StringComparison.Ordinal
            );
            Assert.Contains("offset 1073741824", outcome.Output + outcome.Error, StringComparison.Ordinal);
        }
    }

    private string Segment(long number) => Path.Combine(_osl.AuditDirectory, $"{number}.osl");

    private static int OffsetIn(System.Text.Json.JsonElement line) => line.GetProperty("problem").GetProperty("offset").GetInt32();

    /// <summary>Several segments, an operation each record.</summary>
    private async Task<OperationId[]> FillAsync()
    {
        var time = TimeProvider.System.GetUtcNow();
        var operations = Enumerable.Range(0, Records).Select(i => OperationId.New(time.AddMilliseconds(i))).ToArray();
        var options = new AuditJournalOptions { SegmentSize = 2 * HeaderSize, ZeroAhead = 1024 };
        await using var journal = AuditJournal.Open(_osl.AuditDirectory, options).OrThrow();
        foreach (var operation in operations)
        {
            var record = new AuditRecord
            {
                Type = AuditRecordType.Refusal,
                Time = time,
                Operation = operation,
                OperationType = "spawn_process",
                Outcome = "denied",
            };
            await journal.AppendAsync(record, AuditGuarantee.Written).OrThrow();
        }

        return operations;
    }

    /// <summary>Damages the second frame of a segment, or the whole of it.</summary>
    /// <returns>The record that is due there, and the offset.</returns>
    private async Task<(int Record, int Offset)> DamageAsync(long segment, string how)
    {
        var path = Segment(segment);
        var bytes = await File.ReadAllBytesAsync(path, TestContext.Current.CancellationToken);
        var first = (int)BitConverter.ToInt64(bytes, 32);
        var second = HeaderSize + BitConverter.ToInt32(bytes, HeaderSize);
        switch (how)
        {
            case "flipped":
                bytes[second + 90] ^= 1;
                break;
            case "zeroed":
                bytes.AsSpan(second, BitConverter.ToInt32(bytes, second)).Clear();
                break;
            case "truncated":
                bytes = bytes[..(second + 20)];
                break;
            case "missing":
                File.Delete(path);
                return (first, 0);
            default:
                using (var file = File.OpenHandle(path, access: FileAccess.ReadWrite))
                {
                    RandomAccess.SetLength(file, (1L << 30) + 1);
                }

                return (first, 1 << 30);
        }

        await File.WriteAllBytesAsync(path, bytes, TestContext.Current.CancellationToken);
        return (first + 1, second);
    }
}
