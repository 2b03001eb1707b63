using Osl.Operations;
using Osl.Security.Audit;
using Xunit;

namespace Osl.Tests.Unit.Audit;

/// <summary>
/// Changes a real journal, and asks the verifier and the second one in Python. With one checkpoint kept elsewhere nothing goes
/// undetected; without it exactly what knowledge/journal-format.md names. OSL_MUTATIONS=all asks the second verifier too about each
/// byte and each offset, where a sample does in CI.
/// </summary>
public abstract class MutationFixture : SigningFixture
{
    private SecondVerifier _second = null!;

    private protected static bool All { get; } =
        string.Equals(Environment.GetEnvironmentVariable("OSL_MUTATIONS"), "all", StringComparison.Ordinal);

    /// <summary>What was answered otherwise than it has to be.</summary>
    private protected List<string> Wrong { get; } = [];

    private protected int Tried { get; set; }

    private protected AuditPublicKey Key { get; private set; } = null!;

    /// <summary>The checkpoint that is kept elsewhere.</summary>
    private protected AuditCheckpoint Kept { get; set; } = null!;

    /// <summary>The log as it was left: its segments by their numbers.</summary>
    private protected Dictionary<long, byte[]> Log { get; set; } = null!;

    private protected static IEnumerable<int> Ends(byte[] segment)
    {
        for (var at = JournalFormat.HeaderSize; at + 4 < segment.Length && BitConverter.ToInt32(segment, at) is > 0 and var length; )
        {
            if (length % 8 != 0 || at + length > segment.Length)
            {
                yield break; // A torn frame.
            }

            yield return at += length;
        }
    }

    private protected static Func<AuditVerdict, bool> Only(AuditVerdict verdict) => found => found == verdict;

    /// <summary>
    /// Asks both verifiers four times: with the kept checkpoint, with the key besides, with the key, with nothing. Null: whatever both
    /// agree on.
    /// </summary>
    private protected void Try(
        string what,
        Dictionary<long, byte[]> log,
        Func<AuditVerdict, bool> kept,
        Func<AuditVerdict, bool>? key,
        Func<AuditVerdict, bool>? nothing
    )
    {
        Restore(log);
        foreach (
            var (expected, with, checkpoint) in new[]
            {
                (kept, (AuditPublicKey?)null, (AuditCheckpoint?)Kept),
                (kept, Key, Kept),
                (key, Key, null),
                (nothing, null, null),
            }
        )
        {
            Tried++;
            var verdict = Prove(with, checkpoint).Verdict;
            var second = _second.Ask(Dir, with, checkpoint);
            if (
                expected?.Invoke(verdict) == false
                || (second is not null && !string.Equals(second, $"{verdict}", StringComparison.Ordinal))
            )
            {
                Wrong.Add($"{what} (key {with is not null}, checkpoint {checkpoint is not null}): {verdict}, the second says {second}");
            }
        }
    }

    private protected AuditVerdict Answer(Dictionary<long, byte[]> log, AuditPublicKey? key, AuditCheckpoint? kept)
    {
        Restore(log);
        return Prove(key, kept).Verdict;
    }

    private protected void Conclude(int atLeast)
    {
        Assert.True(Wrong.Count == 0, $"{Wrong.Count} of {Tried}:\n{string.Join('\n', Wrong.Take(20))}");
        Assert.True(Tried >= atLeast, $"{Tried}");
        _second.Dispose();
        Assert.SkipWhen(!_second.IsThere, "the second verifier needs python3; the first one has answered as it should");
    }

    private protected void InitAll()
    {
        Key = InitKey();
        _second = new SecondVerifier(Root);
    }

    /// <summary>Several segments, a rotated key, a torn tail that was recovered; closed.</summary>
    private protected async Task MakeAsync()
    {
        InitAll();
        await Fill(9, Signed);
        AuditKeys.Rotate(KeyDir).OrThrow();
        await Fill(8, Signed, "s");
        var newest = Segment(Verify().Segments - 1);
        var bytes = File.ReadAllBytes(newest);
        "torn"u8.CopyTo(bytes.AsSpan(Ends(bytes).Last()));
        File.WriteAllBytes(newest, bytes);
        await Fill(5, Signed, "t");
        Log = ReadLog();
        Kept = Sink.Kept[^1];
        Assert.True(Log.Count > 2);
        Assert.Equal(AuditVerdict.Clean, Answer(Log, Key, Kept));
    }

    private protected Dictionary<long, byte[]> ReadLog() =>
        Directory.GetFiles(Dir, "*.osl").ToDictionary(file => JournalFormat.SegmentNumber(Path.GetFileName(file)), File.ReadAllBytes);

    private protected void Restore(Dictionary<long, byte[]> log)
    {
        foreach (var file in Directory.GetFiles(Dir))
        {
            File.Delete(file);
        }

        foreach (var (number, bytes) in log)
        {
            File.WriteAllBytes(Segment(number), bytes);
        }
    }

    private protected static class Not
    {
        public static bool Clean(AuditVerdict verdict) => verdict != AuditVerdict.Clean;

        public static bool SelfConsistent(AuditVerdict verdict) => verdict != AuditVerdict.SelfConsistentOnly;
    }
}
