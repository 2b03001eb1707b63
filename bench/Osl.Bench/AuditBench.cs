using System.Diagnostics;
using System.Security.Cryptography;
using Osl.Operations;
using Osl.Operations.Auditing;
using Osl.Security.Audit;

namespace Osl.Bench;

/// <summary>The journal beside its floors: durable records of 64 writers beside fdatasync alone, verify beside SHA-256 alone.</summary>
internal static class AuditBench
{
    private const int Writers = 64;
    private const int RecordBytes = 300;

    internal static async Task RunAsync(bool quick, Floor floor, string directory)
    {
        var rounds = quick ? 3 : 7;
        var groups = quick ? 100 : 300;
        var count = groups * Writers;
        var record = OfSize(RecordBytes);
        var at = 0;

        async Task<double> Durable(bool signed)
        {
            var journal = Path.Combine(directory, $"durable-{at++}");
            var options = new AuditJournalOptions();
            if (signed)
            {
                AuditKeys.Init(journal + "-keys").OrThrow();
                options = options with { Signing = new AuditSigningOptions(journal + "-keys") };
            }

            double each;
            await using (var opened = AuditJournal.Open(journal, options).OrThrow())
            {
                each = await Measure.PerCallAsync(
                    count,
                    Writers,
                    async () => _ = await opened.AppendAsync(record, AuditGuarantee.Durable).OrThrow()
                );
            }

            Directory.Delete(journal, recursive: true);
            return each;
        }

        var file = Path.Combine(directory, "floor");
        var appending = await Measure.RoundsAsync(
            rounds,
            ("floor, appending", () => Task.FromResult(floor.Sync(groups, Writers, RecordBytes, SyncFloor.Appending, file))),
            ("osl", () => Durable(signed: false))
        );
        var filled = await Measure.RoundsAsync(
            rounds,
            ("floor, zero-filled", () => Task.FromResult(floor.Sync(groups, Writers, RecordBytes, SyncFloor.Filled, file))),
            ("osl", () => Durable(signed: false)),
            ("osl, signed", () => Durable(signed: true)),
            (
                "floor, zero-filled, a thread for each writer",
                () => Task.FromResult(floor.Sync(groups, Writers, RecordBytes, SyncFloor.FilledForWriters, file))
            )
        );

        // As many writers leave it, in groups, and as a single one does, a frame for each record: there the roots cost most.
        var records = quick ? 20_000 : 200_000;
        var large = await MakeAsync(Path.Combine(directory, "groups"), records, Writers, AuditGuarantee.Durable);
        var single = await MakeAsync(Path.Combine(directory, "single"), records / 4, 1, AuditGuarantee.Written);
        var megabytes = SizeOf(large);
        var megabytesOfSingle = SizeOf(single);
        var buffer = new byte[(int)(megabytes * 1e6)];
        var verify = await Measure.RoundsAsync(
            rounds,
            ("SHA-256", () => Task.FromResult(Timed(() => SHA256.HashData(buffer)) / megabytes)),
            ("SHA-256 as the tree needs it", () => Task.FromResult(Timed(() => HashTree(buffer)) / megabytes)),
            ("verify", () => Task.FromResult(Timed(() => Check(large)) / megabytes)),
            ("verify, one record a frame", () => Task.FromResult(Timed(() => Check(single)) / megabytesOfSingle))
        );

        Console.WriteLine();
        Console.WriteLine(
            $"| the journal, {Writers} writers, records of {RecordBytes} bytes | floor | Osl | Osl's speed against it | target |"
        );
        Console.WriteLine("|---|---|---|---|---|");
        Console.WriteLine(Row("durable record beside fdatasync, appending, µs", appending[0].Value, appending[1], "≥ 0.9"));
        Console.WriteLine(Row("durable record beside fdatasync into zeros, µs", filled[0].Value, filled[1], "≥ 0.75"));
        Console.WriteLine(Row("the same, signed", filled[0].Value, filled[2], ""));
        Console.WriteLine(Beside("the same, beside C with a thread for each writer", filled[3], filled[1]));
        Console.WriteLine(Row("verify beside SHA-256 of one core, µs a MB", verify[0].Value, verify[2], "≥ 0.8"));
        Console.WriteLine(Beside("verify beside the hashes that the tree needs", verify[1], verify[2]));
        Console.WriteLine(Row("verify, a frame for each record, beside SHA-256", verify[0].Value, verify[3], ""));
    }

    private static string Row(string what, double floor, Figure figure, string target) =>
        $"| {what} | {floor:F2} | {figure.Value:F2} | {1 / figure.Ratio:F2} | {target} |";

    private static string Beside(string what, Figure other, Figure figure) =>
        Row(what, other.Value, figure with { Ratio = figure.Ratio / other.Ratio }, "");

    private static double Timed(Action work)
    {
        var start = Stopwatch.GetTimestamp();
        work();
        return Stopwatch.GetElapsedTime(start).TotalMicroseconds;
    }

    private static async Task<string> MakeAsync(string journal, int records, int writers, AuditGuarantee guarantee)
    {
        _ = AuditKeys.Init(journal + "-keys").OrThrow();
        var signing = new AuditSigningOptions(journal + "-keys") { Every = TimeSpan.FromHours(1) };
        await using var opened = AuditJournal.Open(journal, new AuditJournalOptions { Signing = signing }).OrThrow();
        var record = OfSize(RecordBytes);
        _ = await Measure.PerCallAsync(records, writers, async () => _ = await opened.AppendAsync(record, guarantee).OrThrow());
        return journal;
    }

    /// <summary>In megabytes, without the zeros that the last segment is filled with.</summary>
    private static double SizeOf(string journal) => JournalVerifier.Verify(journal).Records * (RecordBytes + 4) / 1e6;

    private static void Check(string journal)
    {
        var verification = AuditVerifier.Verify(journal, new() { Key = AuditKeys.Show(journal + "-keys").OrThrow() });
        if (verification.Verdict != AuditVerdict.Clean)
        {
            throw new InvalidOperationException($"{verification.Verdict}");
        }
    }

    /// <summary>A leaf and a node for each record, and nothing else: what RFC 6962 asks of whoever verifies.</summary>
    private static void HashTree(byte[] buffer)
    {
        using var sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> hash = stackalloc byte[32];
        for (var at = 0; at + RecordBytes + 1 <= buffer.Length; at += RecordBytes)
        {
            sha.AppendData(buffer.AsSpan(at, RecordBytes + 1));
            sha.GetHashAndReset(hash);
            sha.AppendData(buffer.AsSpan(at, 65));
            sha.GetHashAndReset(hash);
        }
    }

    private static AuditRecord OfSize(int bytes)
    {
        var record = new AuditRecord
        {
            Type = AuditRecordType.Intent,
            Time = TimeProvider.System.GetUtcNow(),
            OperationType = "spawn_process",
            Action = "process.start",
            Principal = "bench",
            Reason = "",
        };
        var buffer = new System.Buffers.ArrayBufferWriter<byte>();
        AuditRecordJson.Write(record, buffer);
        return record with { Reason = new string('x', Math.Max(0, bytes - buffer.WrittenCount)) };
    }
}
