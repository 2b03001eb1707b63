using Osl.Operations;
using Osl.Security.Audit;
using Xunit;

namespace Osl.Tests.Unit.Audit;

/// <summary>A log that holds less than writers of the same boot had seen in it is no crash, and is not taken for one.</summary>
public sealed class JournalShortenedTests : JournalFixture
{
    [Fact]
    public async Task Cut_short_at_any_place_behind_the_writers_back_the_next_one_tells()
    {
        var options = new AuditJournalOptions { ZeroAhead = 1024 };
        await Fill(6, options);
        var files = Directory.GetFiles(Dir).ToDictionary(file => file, File.ReadAllBytes, StringComparer.Ordinal);
        var whole = files[Segment(0)];
        var (_, end) = JournalRecoveryTests.LastFrame(whole);
        for (var cut = JournalFormat.HeaderSize; cut < end; cut += 19 * EveryOrSome)
        {
            foreach (var zeroFilled in new[] { false, true })
            {
                Restore(files);
                // Padding is zeros: a cut there that is filled with zeros again takes nothing away.
                var takesNothing = zeroFilled && whole.AsSpan(cut..end).IndexOfAnyExcept((byte)0) < 0;
                File.WriteAllBytes(Segment(0), zeroFilled ? [.. whole[..cut], .. new byte[whole.Length - cut]] : whole[..cut]);
                await Fill(1, options, "after");

                var shortened = Verify().Findings.Where(finding => finding.Kind == JournalFindingKind.Shortened).ToArray();
                Assert.True(shortened.Length == (takesNothing ? 0 : 1), $"cut at {cut}, {Verify()}");
                Assert.All(shortened, finding => Assert.Contains("had seen 6 records", finding.What, StringComparison.Ordinal));
                Assert.Equal("after0", Entries()[^1].Record!.Reason);
                // Told once, not by each writer that comes.
                await Fill(1, options, "later");
                Assert.Equal(shortened.Length, Verify().Findings.Count(finding => finding.Kind == JournalFindingKind.Shortened));
            }
        }
    }

    [Fact]
    public async Task A_newest_segment_that_is_gone_is_told()
    {
        await Fill(40, Tiny);
        var newest = Verify().Segments - 1;
        File.Delete(Segment(newest));
        await Fill(1, Tiny, "after");

        Assert.Equal(JournalFindingKind.Shortened, Assert.Single(Verify().Findings).Kind);
        Assert.Equal(newest + 1, Verify().Segments);
    }

    [Fact]
    public async Task Where_all_segments_are_gone_no_new_log_is_begun_in_silence()
    {
        await Fill(3);
        File.Delete(Segment(0));

        await using (var journal = Open())
        {
            var refusal = Assert.IsType<AuditUnavailable>((await journal.AppendAsync(Record("x"), default)).AsT1);
            Assert.Contains("have been removed", refusal.Because, StringComparison.Ordinal);
        }

        File.Delete(Path.Combine(Dir, JournalFormat.LockName));
        await Fill(1);
        AssertClean(1);
    }

    [Fact]
    public async Task After_another_boot_a_shorter_log_is_what_a_power_cut_leaves()
    {
        await Fill(6);
        var whole = File.ReadAllBytes(Segment(0));
        var (start, _) = JournalRecoveryTests.LastFrame(whole);
        whole.AsSpan(start).Clear();
        File.WriteAllBytes(Segment(0), whole);

        await Fill(1, new() { Storage = new FaultyStorage { Boot = 4711 } }, "after");

        AssertClean(6);
    }

    [Fact]
    public async Task Killed_while_it_is_being_told_the_next_one_tells_it()
    {
        for (var call = 0; ; call++)
        {
            if (Directory.Exists(Dir))
            {
                Directory.Delete(Dir, recursive: true);
            }

            await Fill(6);
            var whole = File.ReadAllBytes(Segment(0));
            var (start, _) = JournalRecoveryTests.LastFrame(whole);
            File.WriteAllBytes(Segment(0), whole[..(start + 9)]);
            var countdown = call;
            var dead = false;
            // From one call on everything fails, as in a process that was killed there.
            var storage = new FaultyStorage { Fails = _ => dead |= Interlocked.Decrement(ref countdown) < 0 };
            await Fill(0, new() { Storage = storage });
            await using (var journal = Open(new() { Storage = storage }))
            {
                await journal.AppendAsync(Record("x"), default);
            }

            await Fill(1, prefix: "after");

            Assert.Equal(
                [JournalFindingKind.Shortened],
                Verify().Findings.Where(finding => finding.IsProblem).Select(finding => finding.Kind)
            );
            if (!dead)
            {
                Assert.True(call > 5);
                return;
            }
        }
    }

    private void Restore(Dictionary<string, byte[]> files)
    {
        foreach (var file in Directory.GetFiles(Dir).Except(files.Keys, StringComparer.Ordinal))
        {
            File.Delete(file);
        }

        foreach (var (file, content) in files)
        {
            File.WriteAllBytes(file, content);
        }
    }
}
