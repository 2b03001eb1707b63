using FsCheck;
using FsCheck.Fluent;
using Osl.Operations.Auditing;
using Osl.Security.Audit;
using Xunit;

namespace Osl.Tests.Unit.Audit;

public sealed class JournalVerifierTests : JournalFixture
{
    [Fact]
    public async Task Any_flipped_byte_of_headers_and_frames_is_reported()
    {
        await Fill(25, Tiny);
        Assert.Equal(2, Verify().Segments);
        foreach (var number in new[] { 0, 1 })
        {
            var bytes = File.ReadAllBytes(Segment(number));
            var (start, end) = JournalRecoveryTests.LastFrame([.. bytes, 0, 0, 0, 0]);
            // The header is one checksum throughout: a sample does. So does it where each call of a file takes Wine's server.
            for (var i = 0; i < end; i += i < JournalFormat.HeaderSize ? 23 : EveryOrSome)
            {
                bytes[i] ^= (byte)(1 << (i % 8));
                File.WriteAllBytes(Segment(number), bytes);

                // The newest frame of all can't be told from one that was torn; nothing else passes for that.
                var expected = number == 1 && i >= start ? JournalVerdict.TornTail : JournalVerdict.Damaged;
                Assert.True(Verify().Verdict == expected, $"segment {number}, offset {i}");
                bytes[i] ^= (byte)(1 << (i % 8));
            }

            File.WriteAllBytes(Segment(number), bytes);
        }

        AssertClean(25);
    }

    [Fact]
    public async Task A_finding_says_record_segment_and_offset()
    {
        await Fill(3);
        var bytes = File.ReadAllBytes(Segment(0));
        var second = JournalFormat.HeaderSize + BitConverter.ToInt32(bytes, JournalFormat.HeaderSize);
        bytes[second + 80] ^= 1;
        File.WriteAllBytes(Segment(0), bytes);

        var finding = Assert.Single(Verify().Findings);
        Assert.Equal(
            (JournalFindingKind.DamagedFrame, 1L, 0L, (long)second),
            (finding.Kind, finding.Record, finding.Segment, finding.Offset)
        );
        var entries = Entries();
        Assert.Equal([0, 1, 2], entries.Select(entry => entry.Index));
        Assert.Equal(JournalFindingKind.DamagedFrame, entries[1].Problem!.Kind);
        Assert.Null(entries[1].Record);
    }

    [Fact]
    public async Task A_record_changed_with_its_checksum_is_seen_by_the_root()
    {
        await Fill(3);
        var bytes = File.ReadAllBytes(Segment(0));
        var length = BitConverter.ToInt32(bytes, JournalFormat.HeaderSize);
        bytes[JournalFormat.HeaderSize + length - 20] ^= 1;
        FrameHeader.Seal(bytes.AsSpan(JournalFormat.HeaderSize, length));
        File.WriteAllBytes(Segment(0), bytes);

        Assert.Equal(JournalFindingKind.WrongRoot, Assert.Single(Verify().Findings).Kind);
    }

    [Fact]
    public async Task Frames_that_are_deleted_doubled_or_swapped_are_reported()
    {
        await Fill(4);
        var bytes = File.ReadAllBytes(Segment(0));
        var frames = Frames(bytes);
        foreach (int[] order in new int[][] { [0, 2, 3], [1, 2, 3], [0, 1, 1, 2, 3], [0, 2, 1, 3], [3, 2, 1, 0], [0, 1, 3, 2] })
        {
            byte[] changed = [.. bytes[..JournalFormat.HeaderSize], .. order.SelectMany(i => frames[i]), .. new byte[64]];
            File.WriteAllBytes(Segment(0), changed);
            Assert.Equal(JournalVerdict.Damaged, Verify().Verdict);
            Assert.Contains(Entries(), entry => entry.Problem is not null);
        }
    }

    [Fact]
    public async Task Segments_that_are_dropped_swapped_or_of_another_log_are_reported()
    {
        await Fill(80, Tiny);
        var (one, two) = (File.ReadAllBytes(Segment(1)), File.ReadAllBytes(Segment(2)));
        await using (var other = Open(Tiny, Path.Combine(Root, "other")))
        {
            for (var i = 0; i < 80; i++)
            {
                await Append(other, $"r{i}");
            }
        }

        File.Delete(Segment(1));
        Assert.Contains(Verify().Findings, finding => finding.Kind is JournalFindingKind.MissingSegment);
        Assert.Contains(Entries(), entry => entry.Problem is { Kind: JournalFindingKind.MissingSegment });

        File.WriteAllBytes(Segment(1), two);
        File.WriteAllBytes(Segment(2), one);
        Assert.Contains(Verify().Findings, finding => finding.Kind is JournalFindingKind.WrongSegment);

        File.WriteAllBytes(Segment(2), two);
        File.Copy(Path.Combine(Root, "other", "1.osl"), Segment(1), overwrite: true);
        Assert.Contains(Verify().Findings, finding => finding.Kind is JournalFindingKind.WrongSegment);

        File.WriteAllBytes(Segment(1), one);
        AssertClean(80);
        File.Delete(Segment(0));
        Assert.Equal(JournalVerdict.Damaged, Verify().Verdict);
    }

    [Fact]
    public async Task A_segment_that_ends_before_its_successor_says_is_reported()
    {
        await Fill(40, Tiny);
        var bytes = File.ReadAllBytes(Segment(0));
        var (start, end) = JournalRecoveryTests.LastFrame([.. bytes, 0, 0, 0, 0]);
        File.WriteAllBytes(Segment(0), bytes[..start]);
        Assert.Contains(Verify().Findings, finding => finding.Kind is JournalFindingKind.MissingFrames);

        File.WriteAllBytes(Segment(0), [.. bytes[..end], .. "added"u8, .. new byte[64]]);
        Assert.Equal(JournalFindingKind.UnexplainedBytes, Assert.Single(Verify().Findings).Kind);
    }

    [Fact]
    public async Task A_length_made_zero_in_the_middle_is_reported_by_verifier_and_reader()
    {
        await Fill(4);
        var bytes = File.ReadAllBytes(Segment(0));
        bytes.AsSpan(JournalFormat.HeaderSize, 4).Clear();
        File.WriteAllBytes(Segment(0), bytes);

        Assert.Equal(JournalVerdict.Damaged, Verify().Verdict);
        Assert.Equal([0, 1, 2, 3], Entries().Select(entry => entry.Index));
        Assert.NotNull(Entries()[0].Problem);
    }

    [Fact]
    public void Whatever_bytes_there_are_reader_and_verifier_do_not_throw()
    {
        Directory.CreateDirectory(Dir);
        Prop.ForAll(
                ArbMap.Default.ArbFor<byte[]>(),
                bytes =>
                {
                    File.WriteAllBytes(Segment(0), bytes);
                    Touch();
                }
            )
            .QuickCheckThrowOnFailure();
    }

    [Fact]
    public async Task However_a_journal_is_mutated_reader_and_verifier_do_not_throw_and_a_writer_answers()
    {
        await Fill(40, Tiny);
        var originals = Directory.GetFiles(Dir).Select(file => (file, File.ReadAllBytes(file))).ToArray();
        // Place, value, what to do, and whether checksums are made right again, so that what lies behind them is reached too.
        var mutation = Gen.Choose(0, int.MaxValue).Three().Zip(Gen.Choose(0, 5)).ArrayOf();
        Prop.ForAll(
                mutation.ToArbitrary(),
                mutations =>
                {
                    foreach (var (file, content) in originals)
                    {
                        File.WriteAllBytes(file, content);
                    }

                    foreach (var ((which, place, value), kind) in mutations)
                    {
                        var file = originals[which % originals.Length].file;
                        File.WriteAllBytes(file, Mutate(File.ReadAllBytes(file), place, value, kind));
                    }

                    Touch();
                    AppendOnce();
                    Touch();
                }
            )
            .Check(Config.QuickThrowOnFailure.WithMaxTest(100 / EveryOrSome));
    }

    private static byte[] Mutate(byte[] bytes, int place, int value, int kind)
    {
        if (bytes.Length == 0)
        {
            return bytes;
        }

        var at = place % bytes.Length;
        switch (kind)
        {
            case 0:
                bytes[at] = (byte)value;
                break;
            case 1:
                return bytes[..at];
            case 2:
                return [.. bytes[..at], .. BitConverter.GetBytes(value), .. bytes[at..]];
            case 3:
                return [.. bytes[..at], .. bytes[Math.Min(bytes.Length, at + 1 + (value % 64))..]];
            case 4 when bytes.Length > JournalFormat.HeaderSize:
                bytes[at % 200] = (byte)value;
                BitConverter.TryWriteBytes(bytes.AsSpan(4092), JournalFormat.Crc32C(bytes.AsSpan(0, 4092)));
                break;
            default:
                if (bytes.Length > JournalFormat.HeaderSize + 100)
                {
                    var length = BitConverter.ToInt32(bytes, JournalFormat.HeaderSize);
                    bytes[JournalFormat.HeaderSize + 8 + (at % 80)] = (byte)value;
                    if (FrameHeader.IsPlausible(length) && JournalFormat.HeaderSize + length <= bytes.Length)
                    {
                        FrameHeader.Seal(bytes.AsSpan(JournalFormat.HeaderSize, length));
                    }
                }

                break;
        }

        return bytes;
    }

    private static List<byte[]> Frames(byte[] segment)
    {
        var frames = new List<byte[]>();
        for (var at = JournalFormat.HeaderSize; BitConverter.ToInt32(segment, at) is > 0 and var length; at += length)
        {
            frames.Add(segment[at..(at + length)]);
        }

        return frames;
    }

    private void Touch()
    {
        _ = Verify().Findings.Count;
        foreach (
            var options in new AuditReadOptions?[]
            {
                null,
                new() { NewestFirst = true },
                new() { From = 3 },
            }
        )
        {
            foreach (var entry in Entries(options))
            {
                Assert.True(entry.Record is null == entry.Problem is not null);
            }
        }
    }

    private void AppendOnce()
    {
        // Synchronously: FsCheck's properties are. The writer answers from its own thread.
        var journal = Open(Tiny);
        Assert.True(journal.AppendAsync(Record("x"), AuditGuarantee.Durable).AsTask().Result.Index is 0 or 1);
        journal.DisposeAsync().AsTask().Wait(TestContext.Current.CancellationToken);
    }
}
