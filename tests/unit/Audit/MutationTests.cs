using Osl.Security.Audit;
using Xunit;

namespace Osl.Tests.Unit.Audit;

/// <summary>Bytes, frames and segments of a journal flipped, cut off, deleted, doubled, swapped and put elsewhere.</summary>
public sealed class MutationTests : MutationFixture
{
    [Fact]
    public async Task Every_byte_that_is_flipped_is_seen()
    {
        await MakeSmallAsync();
        foreach (var (number, bytes) in Log)
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
    public async Task Every_offset_at_which_a_smallLog_is_cut_off_is_seen()
    {
        await MakeSmallAsync();
        foreach (var (number, bytes) in Log)
        {
            var ends = Ends(bytes).ToHashSet();
            var last = ends.Max();
            var isNewest = number == Log.Count - 1;
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
        foreach (var (number, bytes) in Log)
        {
            for (var at = 0; at < bytes.Length; at += Step(number, at))
            {
                var flipped = bytes.ToArray();
                flipped[at] ^= (byte)(1 << (at % 8));
                Try($"flip {number}.osl {at}", new(Log) { [number] = flipped }, Not.Clean, Not.Clean, Not.SelfConsistent);
            }
        }

        Conclude(500);
    }

    [Fact]
    public async Task Every_offset_at_which_it_is_cut_off_is_seen_unless_only_zeros_go()
    {
        await MakeAsync();
        foreach (var (number, bytes) in Log)
        {
            var end = Array.FindLastIndex(bytes, b => b != 0) + 1;
            var isNewest = number == Log.Count - 1;
            var frames = Ends(bytes).ToHashSet();
            for (var at = 0; at < bytes.Length; at += at > end ? 256 : Step(number, at))
            {
                // Padding is zeros: a file that ends within the last padding is cut short all the same. A record's frame is what counts.
                var same = at >= end && (!isNewest || at >= Ends(bytes).Last()) && Ends(bytes).Last() <= at;
                var log = new Dictionary<long, byte[]>(Log) { [number] = bytes[..at] };
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
                    // Cut at the end of a frame, or of the header, the newest one is an older state; elsewhere it is torn.
                    var atFrame = isNewest && (at == JournalFormat.HeaderSize || frames.Contains(at));
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
        foreach (var (number, bytes) in Log)
        {
            var frames = Frames(bytes);
            for (var i = 0; i < frames.Count; i++)
            {
                var isLast = number == Log.Count - 1 && i == frames.Count - 1;
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
        for (var number = 0L; number < Log.Count; number++)
        {
            var dropped = Log.Where(segment => segment.Key != number).ToDictionary();
            var isLast = number == Log.Count - 1;
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
                    new(Log) { [number] = Log[other], [other] = Log[number] },
                    Not.Clean,
                    Not.Clean,
                    Not.SelfConsistent
                );
            }
        }

        Try("everything gone", [], Only(AuditVerdict.RolledBack), Only(AuditVerdict.Empty), Only(AuditVerdict.Empty));
        Conclude(10);
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

    private void Try(long number, string what, List<byte[]> frames, bool mayRollBack = false) =>
        Try(
            $"{number}.osl: {what}",
            new(Log) { [number] = [.. Log[number][..JournalFormat.HeaderSize], .. frames.SelectMany(frame => frame), .. new byte[64]] },
            Not.Clean,
            mayRollBack ? null : Not.Clean,
            mayRollBack ? null : Not.SelfConsistent
        );

    /// <summary>Asks the first verifier about what stands there: with the kept checkpoint, and now and then with nothing.</summary>
    private void Ask(string what, int turn, Func<AuditVerdict, bool> kept, Func<AuditVerdict, bool>? nothing)
    {
        Tried++;
        if (turn % 3 == 0 && Prove().Verdict is var alone && nothing?.Invoke(alone) == false)
        {
            Wrong.Add($"{what}, with nothing: {alone}");
        }

        var verdict = Prove(Key, Kept).Verdict;
        if (!kept(verdict))
        {
            Wrong.Add($"{what}: {verdict}");
        }
    }

    /// <summary>Two segments, a few checkpoints.</summary>
    private async Task MakeSmallAsync()
    {
        InitAll();
        var seldom = Tiny with { Signing = Signing with { EveryRecords = 1000 }, ZeroAhead = 64 };
        await Fill(9, seldom);
        await Fill(9, seldom, "s");
        Log = ReadLog();
        Kept = Sink.Kept[^1];
        Assert.Equal(2, Log.Count);
        Assert.Equal((AuditVerdict.Clean, AuditVerdict.SelfConsistentOnly), (Prove(Key, Kept).Verdict, Prove().Verdict));
    }
}
