using Osl.Operations;
using Osl.Operations.Auditing;
using Osl.Security.Audit;
using Xunit;

namespace Osl.Tests.Unit.Audit;

/// <summary>A file that is larger than a segment can be keeps nobody busy: what is read is counted, not seconds.</summary>
public sealed class SegmentSizeTests : SigningFixture
{
    private const long Terabyte = 1L << 40;

    [Theory]
    [InlineData(Terabyte)]
    [InlineData(JournalFormat.MaxSegment + 1L)]
    public async Task A_file_that_no_segment_can_be_is_refused_by_verifiers_readers_and_writers(long length)
    {
        var key = InitKey();
        await Fill(30, Signed);
        var newest = Verify().Segments - 1;
        var hint = Path.Combine(Dir, JournalFormat.LockName);
        Assert.SkipUnless(TryLengthen(Segment(newest), length), "needs a file system that has sparse files of this length");
        var counting = new FaultyStorage();

        var proof = AuditVerifier.Verify(Dir, counting, new() { Key = key });
        Assert.Equal(
            (AuditVerdict.Tampered, JournalFindingKind.TooLarge, newest, (long)JournalFormat.MaxSegment),
            (proof.Verdict, proof.FirstProblem!.Kind, proof.FirstProblem.Segment, proof.FirstProblem.Offset)
        );
        Assert.Contains($"{length} bytes", proof.FirstProblem.What, StringComparison.Ordinal);

        var entries = new AuditReader(Dir, counting).Read().ToList();
        Assert.Equal(JournalFindingKind.TooLarge, entries[^1].Problem!.Kind);
        Assert.True(entries.Count > 1);
        Assert.All(entries[..^1], entry => Assert.Null(entry.Problem));
        Assert.Contains(new AuditReader(Dir, counting).Read(new() { NewestFirst = true }), entry => entry.Problem is null);

        // With a hint that leads there, and without one.
        await RefusedAsync(counting);
        File.Delete(hint);
        await RefusedAsync(counting);
        Assert.InRange(counting.BytesRead, 1, 16 * 1024 * 1024);
        AskSecond(key, "Tampered");
    }

    [Fact]
    public async Task It_is_refused_too_when_it_is_not_the_newest()
    {
        var key = InitKey();
        await Fill(30, Signed);
        Assert.True(Verify().Segments > 2);
        Assert.SkipUnless(TryLengthen(Segment(1), Terabyte), "needs a file system that has sparse files of this length");
        var counting = new FaultyStorage();
        var finding = AuditVerifier.Verify(Dir, counting, new() { Key = key }).FirstProblem!;
        Assert.Equal((JournalFindingKind.TooLarge, 1L), (finding.Kind, finding.Segment));
        Assert.InRange(counting.BytesRead, 1, 16 * 1024 * 1024);
        AskSecond(key, "Tampered");
    }

    [Fact]
    public async Task Zeros_after_the_last_frame_are_right_however_many()
    {
        var key = InitKey();
        await Fill(30, Signed);
        Assert.True(TryLengthen(Segment(Verify().Segments - 1), 64 * 1024 * 1024));
        Assert.Equal(AuditVerdict.Clean, Prove(key).Verdict);
        AskSecond(key, "Clean");
        await Fill(1, Signed, "more");
        Assert.Equal(AuditVerdict.Clean, Prove(key).Verdict);
        AskSecond(key, "Clean");
    }

    [Fact]
    public void No_writer_may_make_a_larger_one()
    {
        Assert.True(new AuditJournalOptions { SegmentSize = JournalFormat.MaxSegment }.IsValid);
        Assert.False(new AuditJournalOptions { SegmentSize = JournalFormat.MaxSegment + 1 }.IsValid);
        // The largest frame, which may be larger than a small segment's size, and the zeros ahead of it.
        Assert.True(JournalFormat.HeaderSize + JournalFormat.MaxFrame < JournalFormat.MaxSegment);
    }

    private async Task RefusedAsync(FaultyStorage storage)
    {
        var opened = AuditJournal.Open(Dir, Tiny with { Storage = storage });
        if (!opened.TryPickT0(out var journal, out var refused))
        {
            Assert.IsType<AuditUnavailable>(refused);
            return;
        }

        await using (journal)
        {
            // A frame that needs the next segment, since this one's end is looked at then.
            var answer = await journal.AppendAsync(Record(new string('x', 9000)), AuditGuarantee.Durable);
            Assert.Contains("a segment at most", Assert.IsType<AuditUnavailable>(answer.AsT1).Message, StringComparison.Ordinal);
        }
    }

    private static bool TryLengthen(string path, long length)
    {
        try
        {
            using var file = File.OpenHandle(path, access: FileAccess.ReadWrite);
            RandomAccess.SetLength(file, length);
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }

    private void AskSecond(AuditPublicKey key, string expected)
    {
        using var second = new SecondVerifier(Root);
        Assert.Equal(expected, second.Ask(Dir, key, null) ?? expected);
    }
}
