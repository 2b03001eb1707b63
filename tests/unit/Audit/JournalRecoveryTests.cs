using Osl.Operations;
using Osl.Operations.Auditing;
using Osl.Security.Audit;
using Xunit;

namespace Osl.Tests.Unit.Audit;

public sealed class JournalRecoveryTests : JournalFixture
{
    [Fact]
    public async Task Cut_off_at_any_byte_of_the_last_frame_nothing_before_it_is_lost()
    {
        var options = new AuditJournalOptions { ZeroAhead = 1024 };
        await Fill(4, options);
        var whole = await File.ReadAllBytesAsync(Segment(0), TestContext.Current.CancellationToken);
        var (start, end) = LastFrame(whole);
        for (var cut = start; cut < end; cut += EveryOrSome)
        {
            foreach (var zeroFilled in new[] { false, true })
            {
                // Padding is zeros: cut there and filled with zeros again, the frame is whole.
                var isWhole = zeroFilled && whole.AsSpan(cut..end).IndexOfAnyExcept((byte)0) < 0;
                var bytes = whole[..cut];
                var isTorn = !isWhole && Array.FindLastIndex(bytes, b => b != 0) + 1 > start;
                Array.Resize(ref bytes, zeroFilled ? whole.Length : cut);
                Restore(bytes);

                var before = Verify();
                Assert.Equal(isWhole ? 4 : 3, before.Records);
                Assert.Equal(isTorn ? JournalVerdict.TornTail : JournalVerdict.Clean, before.Verdict);
                await Fill(1, options, "after");

                AssertReasons(isWhole ? ["r0", "r1", "r2", "r3", "after0"] : ["r0", "r1", "r2", "after0"]);
                var after = Verify();
                Assert.Equal(JournalVerdict.Clean, after.Verdict);
                Assert.Equal(isTorn ? [JournalFindingKind.Recovered] : [], after.Findings.Select(finding => finding.Kind));
                Assert.Equal(isTorn ? 2 : 1, after.Segments);
            }
        }
    }

    [Fact]
    public async Task With_a_hint_that_is_still_good_a_torn_frame_is_found_as_well()
    {
        await Fill(4);
        // As after a kill in the middle of a write: the hint stands before the torn frame.
        var bytes = File.ReadAllBytes(Segment(0));
        var end = LastFrame(bytes).End;
        bytes.AsSpan(JournalFormat.HeaderSize, 40).CopyTo(bytes.AsSpan(end));
        File.WriteAllBytes(Segment(0), bytes);

        Assert.Equal(JournalVerdict.TornTail, Verify().Verdict);
        await Fill(1, prefix: "after");

        AssertReasons(["r0", "r1", "r2", "r3", "after0"]);
        Assert.Equal(JournalFindingKind.Recovered, Assert.Single(Verify().Findings).Kind);
    }

    [Theory]
    [InlineData(AuditGuarantee.Written)]
    [InlineData(AuditGuarantee.Durable)]
    public async Task Whichever_call_fails_what_was_acknowledged_stays_and_the_journal_recovers(AuditGuarantee guarantee)
    {
        // Every single call in turn, with nothing, some or all of a failing write in the file.
        for (var call = 0; ; call += EveryOrSome)
        {
            var failed = false;
            foreach (var torn in new[] { 0, 1, 70, int.MaxValue })
            {
                Clear();
                var countdown = call;
                failed = false;
                var storage = new FaultyStorage { Torn = torn, Fails = _ => Interlocked.Decrement(ref countdown) == -1 && (failed = true) };
                var acknowledged = new List<string>();
                await using (var journal = Open(Tiny with { Storage = storage }))
                {
                    for (var i = 0; i < 40; i++)
                    {
                        var outcome = await journal.AppendAsync(Record($"{i}"), guarantee);
                        if (outcome.TryPickT0(out var receipt, out _))
                        {
                            acknowledged.Add($"{receipt.Index}={i}");
                        }
                    }
                }

                // One call failed, so at most one record did; and the journal went on by itself.
                Assert.InRange(acknowledged.Count, 39, 40);
                await Fill(1, Tiny, "after"); // Recovers, if it was the last one that failed.
                AssertHolds(acknowledged);
                Assert.Equal(JournalVerdict.Clean, Verify().Verdict);
            }

            if (!failed)
            {
                Assert.True(call > 20);
                return;
            }
        }
    }

    [Fact]
    public async Task Killed_after_any_call_nothing_acknowledged_is_lost()
    {
        for (var call = 0; ; call += EveryOrSome)
        {
            var dead = false;
            foreach (var torn in new[] { 0, 1, 70 })
            {
                Clear();
                dead = false;
                var countdown = call;
                // From that call on everything fails, as for a process that was killed in it.
                var storage = new FaultyStorage { Torn = torn };
                storage.Fails = _ =>
                {
                    storage.Torn = dead ? 0 : torn;
                    return dead |= Interlocked.Decrement(ref countdown) < 0;
                };
                var acknowledged = new List<string>();
                await using (var journal = Open(Tiny with { Storage = storage }))
                {
                    for (var i = 0; i < 40; i++)
                    {
                        // Alternating, so that both ways through the journal are taken.
                        var outcome = await journal.AppendAsync(Record($"{i}"), (AuditGuarantee)(i % 2));
                        if (outcome.TryPickT0(out var receipt, out _))
                        {
                            acknowledged.Add($"{receipt.Index}={i}");
                        }
                    }
                }

                Assert.Contains(Verify().Verdict, new[] { JournalVerdict.Clean, JournalVerdict.TornTail, JournalVerdict.Empty });
                await Fill(1, Tiny, "after");

                AssertHolds(acknowledged);
                Assert.Equal(JournalVerdict.Clean, Verify().Verdict);
            }

            if (!dead)
            {
                Assert.True(call > 20);
                return;
            }
        }
    }

    [Fact]
    public async Task After_a_failed_flush_the_segment_is_given_up_also_by_others()
    {
        var storage = new FaultyStorage();
        await using (var journal = Open(new() { Storage = storage }))
        await using (var other = Open())
        {
            await Append(journal, "written");
            storage.Fails = call => call is nameof(IJournalStorage.Sync);
            Assert.IsType<AuditUnavailable>((await journal.AppendAsync(Record("lost"), AuditGuarantee.Durable)).AsT1);

            Assert.Equal(1, await Append(other, "of the other"));
            storage.Fails = null;
            Assert.Equal(2, await Append(journal, "after"));
        }

        AssertReasons(["written", "of the other", "after"]);
        var verification = Verify();
        Assert.Equal(JournalVerdict.Clean, verification.Verdict);
        Assert.Equal(JournalFindingKind.FlushFailed, Assert.Single(verification.Findings).Kind);
        Assert.Equal(2, verification.Segments);
    }

    [Fact]
    public async Task While_nothing_can_be_written_each_append_is_refused_and_afterwards_a_gap_names_what_is_missing()
    {
        var storage = new FaultyStorage();
        var names = new List<string>();
        await using (var journal = Open(new() { Storage = storage }))
        {
            await Append(journal, "before");
            storage.Fails = _ => true;
            for (var i = 0; i < 70; i++)
            {
                var record = Record("missing");
                names.Add(record.Operation!.Value.ToString());
                Assert.IsType<AuditUnavailable>((await journal.AppendAsync(record, AuditGuarantee.BestEffort)).AsT1);
            }

            Assert.IsType<AuditUnavailable>((await journal.AppendAsync(Record("refused"), AuditGuarantee.Written)).AsT1);
            storage.Fails = null;
            Assert.Equal(2, await Append(journal, "after"));
        }

        var gap = Entries()[1].Record!;
        Assert.Equal(AuditRecordType.Gap, gap.Type);
        Assert.Equal(70, gap.GapCount);
        Assert.Equal(names.Take(64), gap.GapOperations!.Value, StringComparer.Ordinal);
        Assert.True(gap.GapFrom <= gap.GapTo);
        AssertClean(3);
    }

    [Fact]
    public async Task A_gap_that_is_still_open_is_written_on_closing()
    {
        var storage = new FaultyStorage();
        await using (var journal = Open(new() { Storage = storage }))
        {
            await Append(journal, "before");
            storage.Fails = _ => true;
            await journal.AppendAsync(Record("missing"), AuditGuarantee.BestEffort);
            storage.Fails = null;
        }

        Assert.Equal(1, Entries()[1].Record!.GapCount);
        AssertClean(2);
    }

    [Fact]
    public async Task A_lock_that_is_not_given_back_refuses_after_the_wait_and_nothing_refused_turns_up_later()
    {
        var clock = new StillClock();
        var caughtUp = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var storage = new FaultyStorage { BeforeLock = clock.Reached, AfterUnlock = () => caughtUp.TrySetResult() };
        var holder = new JournalTail(JournalStorage.ForThisPlatform, MadeDir(), new());
        holder.Lock();
        await using (var journal = Open(new() { Storage = storage, TimeProvider = clock }))
        {
            var waiting = Enumerable.Range(0, 3).Select(i => journal.AppendAsync(Record($"{i}"), (AuditGuarantee)i).AsTask()).ToArray();
            await clock.WaitUntilReached();
            Assert.Equal(TimeSpan.FromSeconds(5), clock.DueTime);
            Assert.All(waiting, task => Assert.False(task.IsCompleted));
            clock.Fire();

            Assert.All(await Task.WhenAll(waiting), outcome => Assert.IsType<AuditUnavailable>(outcome.AsT1));
            Assert.IsType<AuditUnavailable>((await journal.AppendAsync(Record("at once"), AuditGuarantee.Durable)).AsT1);
            Assert.False(caughtUp.Task.IsCompleted);
            holder.Dispose();
            // Closing does not wait for a writer that the kernel still holds, so first let it have the lock.
            await caughtUp.Task;
        }

        // The BestEffort one is told of when the lock is had after all.
        Assert.Equal(AuditRecordType.Gap, Assert.Single(Entries()).Record!.Type);
        AssertClean(1);
    }

    [Theory]
    [InlineData(3, "has held its lock for more than 5 s")]
    [InlineData(12, "have kept its lock busy for more than 60 s")]
    public async Task A_lock_that_others_get_on_with_is_waited_for_longer_but_not_for_ever(int turns, string reason)
    {
        var clock = new StillClock();
        var storage = new FaultyStorage { BeforeLock = clock.Reached };
        using var holder = new JournalTail(JournalStorage.ForThisPlatform, MadeDir(), new());
        holder.Lock();
        var journal = Open(new() { Storage = storage, TimeProvider = clock });
        var waiting = journal.AppendAsync(Record("a"), AuditGuarantee.Durable).AsTask();
        await clock.WaitUntilReached();
        for (var turn = 1; turn <= turns; turn++)
        {
            Assert.False(waiting.IsCompleted);
            // What a holder leaves there, whatever it is: others see that it has changed.
            await using (var hint = new FileStream(Path.Combine(MadeDir(), "LOCK"), FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
            {
                hint.Position = 16;
                hint.WriteByte((byte)turn);
            }

            clock.Fire();
        }

        if (!waiting.IsCompleted)
        {
            clock.Fire();
        }

        Assert.Contains(reason, (await waiting).AsT1.Message, StringComparison.Ordinal);
        await journal.DisposeAsync();
    }

    [Fact]
    public async Task Closing_does_not_wait_for_a_lock_that_is_not_given_back()
    {
        var clock = new StillClock();
        var storage = new FaultyStorage { BeforeLock = clock.Reached };
        using var holder = new JournalTail(JournalStorage.ForThisPlatform, MadeDir(), new());
        holder.Lock();
        var journal = Open(new() { Storage = storage, TimeProvider = clock });
        var waiting = journal.AppendAsync(Record("a"), AuditGuarantee.Durable).AsTask();
        await clock.WaitUntilReached();
        clock.Fire();

        await journal.DisposeAsync();

        Assert.True((await waiting).IsT1);
    }

    [Fact]
    public async Task Damage_in_the_newest_segment_is_left_in_place_and_told()
    {
        await Fill(9);
        var bytes = File.ReadAllBytes(Segment(0));
        bytes[JournalFormat.HeaderSize + 100] ^= 1;
        Restore(bytes);

        Assert.Equal(JournalVerdict.Damaged, Verify().Verdict);
        await Fill(1, prefix: "after");

        Assert.Equal(bytes, File.ReadAllBytes(Segment(0)));
        var finding = Assert.Single(Verify().Findings);
        Assert.Equal((JournalFindingKind.LostFrames, true), (finding.Kind, finding.IsProblem));
        Assert.Equal(JournalVerdict.Damaged, Verify().Verdict);
    }

    [Fact]
    public async Task A_damaged_header_of_the_newest_segment_closes_the_journal()
    {
        await Fill(9);
        var bytes = File.ReadAllBytes(Segment(0));
        bytes[50] ^= 1;
        Restore(bytes);

        await using var journal = Open();
        var error = (await journal.AppendAsync(Record("x"), AuditGuarantee.Written)).AsT1;
        Assert.Contains("checksum", error.Message, StringComparison.Ordinal);
    }

    internal static (int Start, int End) LastFrame(ReadOnlySpan<byte> segment)
    {
        var (start, end) = (0, JournalFormat.HeaderSize);
        while (BitConverter.ToInt32(segment[end..]) is > 0 and var length)
        {
            (start, end) = (end, end + length);
        }

        return (start, end);
    }

    private void AssertHolds(List<string> acknowledged) =>
        Assert.Empty(acknowledged.Except(Entries().Select(e => $"{e.Index}={e.Record!.Reason}"), StringComparer.Ordinal));

    private string MadeDir()
    {
        Assert.Null(JournalStorage.ForThisPlatform.Prepare(Dir));
        return Dir;
    }

    private void Clear()
    {
        if (Directory.Exists(Dir))
        {
            Directory.Delete(Dir, recursive: true);
        }
    }

    /// <summary>Makes the directory hold nothing but this one segment, and no hint, as after a power cut.</summary>
    private void Restore(byte[] segment)
    {
        foreach (var file in Directory.GetFiles(Dir))
        {
            File.Delete(file);
        }

        File.WriteAllBytes(Segment(0), segment);
    }
}
