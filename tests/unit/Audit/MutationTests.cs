using System.Security.Cryptography;
using Osl.Operations;
using Osl.Security.Audit;
using Xunit;

namespace Osl.Tests.Unit.Audit;

/// <summary>
/// Everything that can be done to a real journal, answered by the verifier and by the second one in Python. With one checkpoint kept
/// elsewhere nothing goes undetected; without it exactly what knowledge/journal-format.md names. OSL_MUTATIONS=all asks the second
/// verifier too about each byte and each offset, where a sample does in CI.
/// </summary>
public sealed class MutationTests : SigningFixture
{
    private const int Rounds = 30;

    private static readonly bool All = string.Equals(Environment.GetEnvironmentVariable("OSL_MUTATIONS"), "all", StringComparison.Ordinal);

    private readonly List<string> _wrong = [];
    private AuditPublicKey _key = null!;
    private AuditCheckpoint _kept = null!;
    private Dictionary<long, byte[]> _log = null!;
    private SecondVerifier _second = null!;
    private int _tried;

    [Fact]
    public async Task Every_byte_that_is_flipped_is_seen()
    {
        await MakeSmallAsync();
        foreach (var (number, bytes) in _log)
        {
            using var file = File.OpenHandle(Segment(number), FileMode.Open, FileAccess.ReadWrite);
            for (var at = 0; at < bytes.Length; at++)
            {
                RandomAccess.Write(file, [(byte)(bytes[at] ^ (1 << (at % 8)))], at);
                Ask($"flip {number}.osl {at}", at, Not.Clean, Not.SelfConsistent);
                RandomAccess.Write(file, bytes.AsSpan(at, 1), at);
            }
        }

        Conclude(12_000);
    }

    [Fact]
    public async Task Every_offset_at_which_a_small_log_is_cut_off_is_seen()
    {
        await MakeSmallAsync();
        foreach (var (number, bytes) in _log)
        {
            var ends = Ends(bytes).ToHashSet();
            var last = ends.Max();
            var isNewest = number == _log.Count - 1;
            using var file = File.OpenHandle(Segment(number), FileMode.Open, FileAccess.ReadWrite);
            for (var at = bytes.Length - 1; at >= 0; at--)
            {
                RandomAccess.SetLength(file, at);
                if (at >= last)
                {
                    // Only zeros are gone, which nobody has written anything with.
                    Ask($"cut {number}.osl at {at}", at, Only(AuditVerdict.Clean), Only(AuditVerdict.SelfConsistentOnly));
                }
                else
                {
                    Ask($"cut {number}.osl at {at}", at, Not.Clean, isNewest && ends.Contains(at) ? null : Not.SelfConsistent);
                }
            }

            RandomAccess.Write(file, bytes, 0);
        }

        Conclude(12_000);
    }

    [Fact]
    public async Task Bytes_that_are_flipped_are_seen_by_both_verifiers()
    {
        await MakeAsync();
        foreach (var (number, bytes) in _log)
        {
            for (var at = 0; at < bytes.Length; at += Step(number, at))
            {
                var flipped = bytes.ToArray();
                flipped[at] ^= (byte)(1 << (at % 8));
                Try($"flip {number}.osl {at}", new(_log) { [number] = flipped }, Not.Clean, Not.Clean, Not.SelfConsistent);
            }
        }

        Conclude(500);
    }

    [Fact]
    public async Task Every_offset_at_which_it_is_cut_off_is_seen_unless_only_zeros_go()
    {
        await MakeAsync();
        foreach (var (number, bytes) in _log)
        {
            var end = Array.FindLastIndex(bytes, b => b != 0) + 1;
            var isNewest = number == _log.Count - 1;
            var frames = Ends(bytes).ToHashSet();
            for (var at = 0; at < bytes.Length; at += at > end ? 256 : Step(number, at))
            {
                // Padding is zeros: a file that ends within the last padding is cut short all the same. A record's frame is what counts.
                var same = at >= end && (!isNewest || at >= Ends(bytes).Last()) && Ends(bytes).Last() <= at;
                var log = new Dictionary<long, byte[]>(_log) { [number] = bytes[..at] };
                if (same)
                {
                    Try(
                        $"cut {number}.osl at {at}",
                        log,
                        Only(AuditVerdict.Clean),
                        Only(AuditVerdict.Clean),
                        Only(AuditVerdict.SelfConsistentOnly)
                    );
                }
                else
                {
                    // Cut at the end of a frame, the newest one is an older state; elsewhere it is torn.
                    var atFrame = isNewest && frames.Contains(at);
                    Try($"cut {number}.osl at {at}", log, Not.Clean, atFrame ? null : Not.Clean, atFrame ? null : Not.SelfConsistent);
                }
            }
        }

        Conclude(300);
    }

    [Fact]
    public async Task Frames_deleted_doubled_swapped_or_put_in_elsewhere_are_seen()
    {
        await MakeAsync();
        foreach (var (number, bytes) in _log)
        {
            var frames = Frames(bytes);
            for (var i = 0; i < frames.Count; i++)
            {
                var isLast = number == _log.Count - 1 && i == frames.Count - 1;
                Try(number, $"frame {i} deleted", [.. frames[..i], .. frames[(i + 1)..]], mayRollBack: isLast);
                Try(number, $"frame {i} doubled", [.. frames[..(i + 1)], .. frames[i..]]);
                if (i > 0)
                {
                    Try(number, $"frames {i - 1} and {i} swapped", [.. frames[..(i - 1)], frames[i], frames[i - 1], .. frames[(i + 1)..]]);
                    Try(number, $"frame 0 again before {i}", [.. frames[..i], frames[0], .. frames[i..]]);
                }
            }
        }

        Conclude(50);
    }

    [Fact]
    public async Task Segments_dropped_swapped_and_renumbered_are_seen()
    {
        await MakeAsync();
        for (var number = 0L; number < _log.Count; number++)
        {
            var dropped = _log.Where(segment => segment.Key != number).ToDictionary();
            var isLast = number == _log.Count - 1;
            // Without the last one it is an older state, but for the zeros in it.
            Try($"without {number}.osl", dropped, Not.Clean, isLast ? null : Not.Clean, isLast ? null : Not.SelfConsistent);
            Try(
                $"without {number}.osl, renumbered",
                dropped
                    .OrderBy(segment => segment.Key)
                    .Select((segment, i) => (Key: (long)i, segment.Value))
                    .ToDictionary(s => s.Key, s => s.Value),
                Not.Clean,
                isLast ? null : Not.Clean,
                isLast ? null : Not.SelfConsistent
            );
            for (var other = 0L; other < number; other++)
            {
                Try(
                    $"{other}.osl and {number}.osl swapped",
                    new(_log) { [number] = _log[other], [other] = _log[number] },
                    Not.Clean,
                    Not.Clean,
                    Not.SelfConsistent
                );
            }
        }

        Try("everything gone", [], Only(AuditVerdict.RolledBack), Only(AuditVerdict.Empty), Only(AuditVerdict.Empty));
        Conclude(10);
    }

    [Fact]
    public async Task A_rewrite_in_which_all_agrees_is_seen_by_the_kept_checkpoint_and_by_the_key_before_the_last_one()
    {
        await MakeAsync();
        using var own = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var forger = Forger.Read(_log);
        Assert.Equal(AuditVerdict.Clean, Answer(forger.Write(), _key, _kept));
        foreach (var i in forger.Records.Where((_, n) => All || n % 3 == 0).ToArray())
        {
            foreach (var (what, change) in Changes(i))
            {
                var changed = Forger.Read(_log);
                change(changed.Parts);
                Try($"record frame {i} {what}, checkpoints as they were", changed.Write(), Not.Clean, Not.Clean, Not.SelfConsistent);
                Try(
                    $"{what} {i}, re-signed",
                    changed.Write(own),
                    Not.Clean,
                    Only(AuditVerdict.WrongKey),
                    Only(AuditVerdict.SelfConsistentOnly)
                );
                changed.Parts.RemoveAll(part => part.Header is null && part.Type != FrameType.Records);
                Try(
                    $"{what} {i}, stripped",
                    changed.Write(),
                    Not.Clean,
                    Only(AuditVerdict.UnsignedTail),
                    Only(AuditVerdict.SelfConsistentOnly)
                );
            }
        }

        Conclude(80);
    }

    [Fact]
    public async Task Times_and_checkpoints_that_are_changed_are_seen_by_the_chain()
    {
        await MakeAsync();
        using var own = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var count = Forger.Read(_log).Parts.Count;
        for (var i = 0; i < count; i++)
        {
            var forger = Forger.Read(_log);
            var isLast = i == count - 1;
            forger.Parts[i].Time++;
            var word = forger.Parts[i].Header is null ? "frame" : "header";
            Try($"time of {word} {i}", forger.Write(), Not.Clean, Not.Clean, Not.SelfConsistent);
            if (forger.Parts[i].Header is null && forger.Parts[i].Type != FrameType.Records)
            {
                var without = Forger.Read(_log);
                without.Parts.RemoveAt(i);
                Try($"checkpoint {i} taken out", without.Write(), Not.Clean, isLast ? null : Not.Clean, isLast ? null : Not.SelfConsistent);
            }
        }

        var all = Forger.Read(_log);
        Try("all signed with another key", all.Write(own), Not.Clean, Only(AuditVerdict.WrongKey), Only(AuditVerdict.SelfConsistentOnly));
        all.Parts.RemoveAll(part => part.Header is null && part.Type != FrameType.Records);
        Try("all stripped", all.Write(), Not.Clean, Only(AuditVerdict.UnsignedTail), Only(AuditVerdict.SelfConsistentOnly));
        Conclude(20);
    }

    [Fact]
    public async Task A_return_to_an_older_checkpoint_is_seen_by_a_newer_one_and_by_nothing_else()
    {
        InitAll();
        var states = new List<Dictionary<long, byte[]>>();
        for (var i = 0; i < 6; i++)
        {
            await Fill(5, Signed, $"{i}:");
            states.Add(ReadLog());
        }

        _log = states[^1];
        _kept = Sink.Kept[^1];
        for (var i = 0; i < states.Count - 1; i++)
        {
            Try($"state {i}", states[i], Only(AuditVerdict.RolledBack), Only(AuditVerdict.Clean), Only(AuditVerdict.SelfConsistentOnly));
        }

        // And the unsigned tail: what follows the last checkpoint can be rewritten, and is called unsigned before and after.
        Restore(_log);
        await Fill(3, Tiny, "unsigned");
        var forger = Forger.Read(ReadLog());
        var unsigned = Only(AuditVerdict.UnsignedTail);
        Try("an unsigned tail", ReadLog(), unsigned, unsigned, Only(AuditVerdict.SelfConsistentOnly));
        forger.Parts.RemoveAt(forger.Records.Last());
        Try("a record less in the unsigned tail", forger.Write(), unsigned, unsigned, Only(AuditVerdict.SelfConsistentOnly));
        Conclude(5);
    }

    [Fact]
    public async Task Nothing_that_writers_left_is_called_tampered()
    {
        InitAll();
        var storage = new FaultyStorage { Torn = 40 };
        for (var round = 0; round < Rounds; round++)
        {
            var countdown = 3 + (round * 2);
            // One call in each round fails, from then on all of them in every third one: as disks do, and kills.
            storage.Fails = _ => Interlocked.Decrement(ref countdown) is var left && (left == 0 || (left < 0 && round % 3 == 0));
            var opened = AuditJournal.Open(Dir, Signed with { Storage = storage });
            if (opened.TryPickT0(out var journal, out _))
            {
                for (var i = 0; i < 12; i++)
                {
                    await journal.AppendAsync(Record($"{round}:{i}"), (Osl.Operations.Auditing.AuditGuarantee)(i % 2));
                }

                await journal.DisposeAsync();
                Assert.False(journal.Signing!.IsRefused, journal.Signing.Problem);
            }

            _log = ReadLog();
            // All of them at the end; meanwhile the newest ones.
            foreach (var kept in Sink.Kept.TakeLast(round == Rounds - 1 ? int.MaxValue : 3))
            {
                Assert.Contains(Answer(_log, _key, kept), new[] { AuditVerdict.Clean, AuditVerdict.UnsignedTail, AuditVerdict.TornTail });
            }
        }

        await Fill(1, Signed, "last");
        _kept = Sink.Kept[^1];
        _log = ReadLog();
        Try("as it was left", _log, Only(AuditVerdict.Clean), Only(AuditVerdict.Clean), Only(AuditVerdict.SelfConsistentOnly));
        Conclude(1);
    }

    private static IEnumerable<(string, Action<List<Forger.Part>>)> Changes(int i)
    {
        yield return ("deleted", parts => parts.RemoveAt(i));
        yield return ("doubled", parts => parts.Insert(i, parts[i].Copy()));
        yield return ("changed", parts => parts[i].Items[0] = [.. parts[i].Items[0].Reverse()]);
        yield return ("with one more before it", parts => parts.Insert(i, new Forger.Part(FrameType.Records, 0, ["{}"u8.ToArray()])));
    }

    private static int Step(long number, int at) =>
        All ? 1
        : at < JournalFormat.HeaderSize ? 211
        : number % 2 == 0 ? 29
        : 31;

    private static List<byte[]> Frames(byte[] segment)
    {
        var ends = Ends(segment).ToArray();
        return [.. ends.Select((end, i) => segment[(i == 0 ? JournalFormat.HeaderSize : ends[i - 1])..end])];
    }

    private static IEnumerable<int> Ends(byte[] segment)
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

    private static Func<AuditVerdict, bool> Only(AuditVerdict verdict) => found => found == verdict;

    private void Try(long number, string what, List<byte[]> frames, bool mayRollBack = false) =>
        Try(
            $"{number}.osl: {what}",
            new(_log) { [number] = [.. _log[number][..JournalFormat.HeaderSize], .. frames.SelectMany(frame => frame), .. new byte[64]] },
            Not.Clean,
            mayRollBack ? null : Not.Clean,
            mayRollBack ? null : Not.SelfConsistent
        );

    /// <summary>
    /// Asks both verifiers four times: with the kept checkpoint, with the key besides, with the key, with nothing. Null: whatever both
    /// agree on.
    /// </summary>
    private void Try(
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
                (kept, (AuditPublicKey?)null, (AuditCheckpoint?)_kept),
                (kept, _key, _kept),
                (key, _key, null),
                (nothing, null, null),
            }
        )
        {
            _tried++;
            var verdict = Prove(with, checkpoint).Verdict;
            var second = _second.Ask(Dir, with, checkpoint);
            if (
                expected?.Invoke(verdict) == false
                || (second is not null && !string.Equals(second, $"{verdict}", StringComparison.Ordinal))
            )
            {
                _wrong.Add($"{what} (key {with is not null}, checkpoint {checkpoint is not null}): {verdict}, the second says {second}");
            }
        }
    }

    /// <summary>Asks the first verifier about what stands there: with the kept checkpoint, and now and then with nothing.</summary>
    private void Ask(string what, int turn, Func<AuditVerdict, bool> kept, Func<AuditVerdict, bool>? nothing)
    {
        _tried++;
        if (turn % 3 == 0 && Prove().Verdict is var alone && nothing?.Invoke(alone) == false)
        {
            _wrong.Add($"{what}, with nothing: {alone}");
        }

        var verdict = Prove(_key, _kept).Verdict;
        if (!kept(verdict))
        {
            _wrong.Add($"{what}: {verdict}");
        }
    }

    private AuditVerdict Answer(Dictionary<long, byte[]> log, AuditPublicKey? key, AuditCheckpoint? kept)
    {
        Restore(log);
        return Prove(key, kept).Verdict;
    }

    private void Conclude(int atLeast)
    {
        Assert.True(_wrong.Count == 0, $"{_wrong.Count} of {_tried}:\n{string.Join('\n', _wrong.Take(20))}");
        Assert.True(_tried >= atLeast, $"{_tried}");
        _second.Dispose();
        Assert.SkipWhen(!_second.IsThere, "the second verifier needs python3; the first one has answered as it should");
    }

    private void InitAll()
    {
        _key = InitKey();
        _second = new SecondVerifier(Root);
    }

    /// <summary>Two segments, a few checkpoints.</summary>
    private async Task MakeSmallAsync()
    {
        InitAll();
        var seldom = Tiny with { Signing = Signing with { EveryRecords = 1000 }, ZeroAhead = 64 };
        await Fill(9, seldom);
        await Fill(9, seldom, "s");
        _log = ReadLog();
        _kept = Sink.Kept[^1];
        Assert.Equal(2, _log.Count);
        Assert.Equal((AuditVerdict.Clean, AuditVerdict.SelfConsistentOnly), (Prove(_key, _kept).Verdict, Prove().Verdict));
    }

    /// <summary>Several segments, a rotated key, a torn tail that was recovered; closed.</summary>
    private async Task MakeAsync()
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
        _log = ReadLog();
        _kept = Sink.Kept[^1];
        Assert.True(_log.Count > 2);
        Assert.Equal(AuditVerdict.Clean, Answer(_log, _key, _kept));
    }

    private Dictionary<long, byte[]> ReadLog() =>
        Directory.GetFiles(Dir, "*.osl").ToDictionary(file => JournalFormat.SegmentNumber(Path.GetFileName(file)), File.ReadAllBytes);

    private void Restore(Dictionary<long, byte[]> log)
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

    private static class Not
    {
        public static bool Clean(AuditVerdict verdict) => verdict != AuditVerdict.Clean;

        public static bool SelfConsistent(AuditVerdict verdict) => verdict != AuditVerdict.SelfConsistentOnly;
    }
}
