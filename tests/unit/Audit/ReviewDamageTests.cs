using Osl.Security.Audit;
using Xunit;

namespace Osl.Tests.Unit.Audit;

/// <summary>A review of a journal that is damaged: up to there, and saying where; damage before what is wanted is told of too.</summary>
public sealed class ReviewDamageTests : JournalFixture
{
    private const int Records = 90;

    [Theory]
    [InlineData("flipped")]
    [InlineData("zeroed")]
    [InlineData("truncated")]
    [InlineData("missing")]
    [InlineData("header")]
    [InlineData("larger")]
    public async Task What_stands_before_the_damage_is_shown_and_nothing_after_it(string how)
    {
        await Fill(Records, Tiny);
        var (record, offset) = Damage(segment: 1, how);

        var (review, shown) = Review(new());
        Assert.Equal(Enumerable.Range(0, (int)record).Select(i => (long)i), shown.Select(entry => entry.Entry.Index));
        Assert.Equal((record, 1L, offset), (review.Damage!.Record, review.Damage.Segment, review.Damage.Offset));
        Assert.Equal((true, record, 1L), (review.IsCutShort, review.Shown, review.Problems));
    }

    [Theory]
    [InlineData("flipped")]
    [InlineData("missing")]
    [InlineData("larger")]
    public async Task Damage_before_the_newest_few_is_told_and_they_are_shown(string how)
    {
        await Fill(Records, Tiny);
        var last = Verify().Segments - 1;
        var newest = Entries().Count(entry => entry.Segment == last);
        var (_, offset) = Damage(last - 1, how);

        // The segment that holds the damage is read, or missed.
        var (review, shown) = Review(new() { Limit = newest });
        Assert.Equal(Enumerable.Range(Records - newest, newest).Select(i => (long)i), shown.Select(entry => entry.Entry.Index));
        if (how is "missing")
        {
            Assert.Equal((last - 1, offset, false), (review.Damage!.Segment, review.Damage.Offset, review.IsCutShort));
        }

        // More than stand after it: what is shown begins before it, and ends there.
        var (more, few) = Review(new() { Limit = Records });
        Assert.True(more.IsCutShort);
        Assert.True(few.Count is > 0 && few[^1].Entry.Index < Records - newest);
    }

    [Fact]
    public async Task The_first_segment_is_missed_like_any_other()
    {
        await Fill(Records, Tiny);
        File.Delete(Segment(0));
        var (review, shown) = Review(new());
        Assert.Empty(shown);
        Assert.Equal(
            (JournalFindingKind.MissingSegment, 0L, 0L, true),
            (review.Damage!.Kind, review.Damage.Record, review.Damage.Segment, review.IsCutShort)
        );

        // What is asked for by its index is there.
        var (one, found) = Review(new() { Index = Records - 1 });
        Assert.Equal(Records - 1, Assert.Single(found).Entry.Index);
        Assert.Equal((JournalFindingKind.MissingSegment, false), (one.Damage!.Kind, one.IsCutShort));
    }

    [Fact]
    public async Task An_end_within_a_frame_is_told_and_is_no_problem()
    {
        await Fill(5);
        var bytes = File.ReadAllBytes(Segment(0));
        var (_, end) = JournalRecoveryTests.LastFrame([.. bytes, 0, 0, 0, 0]);
        BitConverter.TryWriteBytes(bytes.AsSpan(end), 512);
        File.WriteAllBytes(Segment(0), bytes);
        var (review, shown) = Review(new());
        Assert.Equal((5, 0L), (shown.Count, review.Problems));
        Assert.Equal((JournalFindingKind.TornTail, 5L, (long)end), (review.Damage!.Kind, review.Damage.Record, review.Damage.Offset));
    }

    [Theory]
    [InlineData("{\"type\":\"gap\",\"later\":\"\\ud800\"}")]
    [InlineData("{\"type\":\"gap\",\"\\uDC00\":1}")]
    [InlineData("{\"type\":\"gap\",\"later\":\"\u00ff\"}")]
    public async Task A_record_that_holds_what_is_no_text_is_not_understood_and_the_rest_is_shown(string forged)
    {
        await Fill(3);
        var log = new Dictionary<long, byte[]> { [0] = File.ReadAllBytes(Segment(0)) };
        var forger = Forger.Read(log);
        forger.Parts[2].Items[0] = System.Text.Encoding.Latin1.GetBytes(forged);
        File.WriteAllBytes(Segment(0), forger.Write()[0]);
        Assert.Equal(JournalVerdict.Clean, Verify().Verdict);

        var (review, shown) = Review(new());
        Assert.Equal([0L, 2], shown.Select(entry => entry.Entry.Index));
        Assert.Equal((null, 1L), (review.Damage, review.Problems));
        Assert.Equal(JournalFindingKind.RecordNotUnderstood, Entries()[1].Problem!.Kind);
    }

    /// <summary>Damages the second frame of a segment, or all of it.</summary>
    /// <returns>The record that is due there, and where it is.</returns>
    private (long Record, long Offset) Damage(long segment, string how)
    {
        var path = Segment(segment);
        var bytes = File.ReadAllBytes(path);
        var second = JournalFormat.HeaderSize + BitConverter.ToInt32(bytes, JournalFormat.HeaderSize);
        var first = BitConverter.ToInt64(bytes, 32);
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
            case "header":
                bytes[100] ^= 1;
                File.WriteAllBytes(path, bytes);
                return (first, 0);
            case "larger":
                using (var file = File.OpenHandle(path, access: FileAccess.ReadWrite))
                {
                    RandomAccess.SetLength(file, JournalFormat.MaxSegment + 1L);
                }

                return (first, JournalFormat.MaxSegment);
        }

        File.WriteAllBytes(path, bytes);
        return (first + 1, second);
    }

    private (AuditReview Review, List<ReviewedEntry> Shown) Review(AuditReviewOptions options)
    {
        var review = new AuditReview(new AuditReader(Dir), options);
        return (review, [.. review.Read().Where(entry => entry.Entry.Problem is null)]);
    }
}
