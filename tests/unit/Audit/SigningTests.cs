using Osl.Operations;
using Osl.Operations.Auditing;
using Osl.Security.Audit;
using Osl.Testing;
using Xunit;

namespace Osl.Tests.Unit.Audit;

public sealed class SigningTests : SigningFixture
{
    [Fact]
    public async Task A_closed_journal_is_signed_to_its_last_record_and_the_sink_has_the_same_words()
    {
        var key = InitKey();
        await Fill(40, Signed);

        var proof = Prove(key);
        Assert.Equal((AuditVerdict.Clean, 40L, 40L), (proof.Verdict, proof.Proven, proof.Signed));
        // Signed, but with nothing to prove it against.
        Assert.Equal((AuditVerdict.SelfConsistentOnly, 0L, 40L), (Prove().Verdict, Prove().Proven, Prove().Signed));
        Assert.Equal(proof.LastCheckpoint!.ToString(), Sink.Kept[^1].ToString());
        Assert.Equal(key.Fingerprint, proof.LastCheckpoint!.KeyFingerprint);
        Assert.Equal(AuditVerdict.Clean, Prove(checkpoint: Sink.Kept[^1]).Verdict);
        Assert.Equal(AuditVerdict.SelfConsistentOnly, Prove().Verdict);
    }

    [Fact]
    public async Task Every_so_many_records_there_is_a_checkpoint_across_segments()
    {
        var key = InitKey();
        await using var journal = Open(Signed);
        for (var i = 0; i < 100; i++)
        {
            await Append(journal, $"r{i}", AuditGuarantee.Durable);
        }

        // While it is open: covered but for what came after the last round number.
        var proof = Prove(key);
        Assert.InRange(proof.Proven, 100 - (2 * Signing.EveryRecords), 100);
        Assert.True(proof.Journal.Segments > 2);
        Assert.Equal(proof.Proven == 100 ? AuditVerdict.Clean : AuditVerdict.UnsignedTail, proof.Verdict);
    }

    [Fact]
    public async Task After_the_time_a_single_record_is_signed_and_brought_to_the_sink()
    {
        var key = InitKey();
        var clock = new ManualTimeProvider();
        var covered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var signing = Signing with { StatusChanged = status => _ = status is { Covered: 1, Kept: 1 } && covered.TrySetResult() };
        await using var journal = Open(Signed with { TimeProvider = clock, Signing = signing });
        await Append(journal, "one");
        Assert.Equal(AuditVerdict.UnsignedTail, Prove(key).Verdict);

        clock.Advance(signing.Every);
        await covered.Task.WaitAsync(TimeSpan.FromMinutes(2), TestContext.Current.CancellationToken);

        Assert.Equal(AuditVerdict.Clean, Prove(key).Verdict);
        Assert.Equal(1, Assert.Single(Sink.Kept).Records);
    }

    [Fact]
    public async Task What_failed_is_tried_again_when_the_time_is_up_and_not_at_once_even_where_each_record_is_signed()
    {
        InitKey();
        var clock = new ManualTimeProvider();
        var failures = 0;
        using var failed = new SemaphoreSlim(0);
        var signing = Signing with { EveryRecords = 1, StatusChanged = Count };
        await using var journal = Open(Signed with { TimeProvider = clock, Signing = signing });
        File.Delete(Assert.Single(Directory.GetFiles(KeyDir, "*.key")));
        await Append(journal, "one", AuditGuarantee.Durable);
        await failed.WaitAsync(TestContext.Current.CancellationToken);
        // Meanwhile somebody else writes.
        await Fill(100, Tiny);

        // With the group, after it, and since the record has asked for it.
        Assert.InRange(Volatile.Read(ref failures), 1, 4);
        while (failed.Wait(0, TestContext.Current.CancellationToken))
        {
            // Those are counted.
        }

        do
        {
            // Its timer may be set only now.
            clock.Advance(signing.Every);
        } while (!await failed.WaitAsync(TimeSpan.FromMilliseconds(50), TestContext.Current.CancellationToken));

        void Count(AuditSigningStatus status)
        {
            if (status.Problem is not null)
            {
                Interlocked.Increment(ref failures);
                failed.Release();
            }
        }
    }

    [Fact]
    public async Task Journals_with_and_without_a_key_write_one_log_and_what_all_wrote_is_signed()
    {
        var key = InitKey();
        await using (var a = Open(Signed))
        await using (var b = Open(Signed with { Signing = Signing with { EveryRecords = 3 } }))
        await using (var c = Open(Tiny))
        {
            await InParallel(
                6,
                async lane =>
                {
                    for (var i = 0; i < 40; i++)
                    {
                        await Append(
                            (lane % 3) switch
                            {
                                0 => a,
                                1 => b,
                                _ => c,
                            },
                            $"{lane}:{i}",
                            (AuditGuarantee)(i % 2)
                        );
                    }
                }
            );
        }

        Assert.Equal(240, Prove(key).Journal.Records);
        // c may have closed last: one more record by somebody with the key covers that.
        await Fill(1, Signed);
        Assert.Equal((AuditVerdict.Clean, 241L), (Prove(key).Verdict, Prove(key).Proven));
        Assert.All(Sink.Kept, kept => Assert.Equal(AuditVerdict.Clean, Prove(checkpoint: kept).Verdict));
    }

    [Fact]
    public async Task A_journal_that_was_written_without_a_key_is_signed_from_its_beginning()
    {
        await Fill(60, Tiny);
        var key = InitKey();
        await Fill(1, Signed);
        Assert.Equal((AuditVerdict.Clean, 61L), (Prove(key).Verdict, Prove(key).Proven));
    }

    [Fact]
    public async Task A_rotated_key_is_named_by_the_old_one_which_is_then_gone()
    {
        var first = InitKey();
        var keys = new List<AuditPublicKey> { first };
        for (var i = 0; i < 3; i++)
        {
            await Fill(10, Signed);
            keys.Add(AuditKeys.Rotate(KeyDir).OrThrow());
        }

        await Fill(10, Signed);
        // Whichever of them is pinned, what it leads to is proven.
        Assert.All(keys, key => Assert.Equal((AuditVerdict.Clean, 40L), (Prove(key).Verdict, Prove(key).Proven)));
        string[] left = ["3.key", "signed"];
        Assert.Equal(
            left,
            Directory.GetFiles(KeyDir).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal),
            StringComparer.Ordinal
        );
        Assert.Equal(keys[^1].Fingerprint, AuditKeys.Show(KeyDir).OrThrow().Fingerprint);
        Assert.Equal(keys[^1].Fingerprint, Prove().LastCheckpoint!.KeyFingerprint);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_old_key_that_was_left_behind_is_removed_by_who_signs_next(bool whileOpen)
    {
        InitKey();
        await Fill(10, Signed);
        var path = Path.Combine(KeyDir, "0.key");
        var old = File.ReadAllBytes(path);
        AuditKeys.Rotate(KeyDir).OrThrow();
        await Fill(1, Signed);
        Assert.False(File.Exists(path));

        // As a kill leaves it between the key frame and the removal: while another has the journal open, or before it does.
        await using var journal = whileOpen ? Open(Signed) : null;
        if (journal is not null)
        {
            await Append(journal, "before");
        }

        using (var file = JournalStorage.ForThisPlatform.CreateNew(path))
        {
            RandomAccess.Write(file, old, 0);
        }

        await using (var next = journal ?? Open(Signed))
        {
            await Append(next, "after");
        }

        Assert.False(File.Exists(path));
        Assert.Equal(AuditVerdict.Clean, Prove(AuditKeys.Show(KeyDir).OrThrow()).Verdict);
    }

    [Fact]
    public async Task Whatever_fails_in_a_change_of_keys_the_old_one_goes_only_when_the_log_names_the_new_one_and_then_it_goes()
    {
        var first = InitKey();
        await Fill(10, Signed);
        for (var round = 0; round < 12; round++)
        {
            var old = Path.Combine(KeyDir, $"{round}.key");
            var newest = AuditKeys.Rotate(KeyDir).OrThrow();
            var left = round;
            var storage = new FaultyStorage { Fails = _ => Interlocked.Decrement(ref left) < 0 };
            await using (var journal = Open(Signed with { Storage = storage }))
            {
                await journal.AppendAsync(Record($"{round}"), AuditGuarantee.Written);
            }

            var last = Prove().LastCheckpoint!;
            Assert.True(
                File.Exists(old)
                    || string.Equals((last.NextKey?.Fingerprint ?? last.KeyFingerprint), newest.Fingerprint, StringComparison.Ordinal)
            );
            await Fill(1, Signed, $"{round}:");
            Assert.Equal($"{round + 1}.key", Path.GetFileName(Assert.Single(Directory.GetFiles(KeyDir, "*.key"))));
            Assert.All([first, newest], key => Assert.Equal(AuditVerdict.Clean, Prove(key).Verdict));
        }
    }

    [Fact]
    public async Task A_key_that_another_process_rotates_is_taken_up_while_writing()
    {
        var key = InitKey();
        await using var journal = Open(Signed);
        await Append(journal, "a", AuditGuarantee.Durable);
        var next = AuditKeys.Rotate(KeyDir).OrThrow();
        for (var i = 0; i < 20; i++)
        {
            await Append(journal, $"{i}", AuditGuarantee.Durable);
        }

        var proof = Prove(key);
        Assert.Equal(next.Fingerprint, proof.LastCheckpoint!.NextKey?.Fingerprint ?? proof.LastCheckpoint.KeyFingerprint);
    }

    [Fact]
    public async Task Another_key_is_told_from_the_right_one()
    {
        InitKey();
        await Fill(10, Signed);
        var stranger = AuditKeys.Init(Path.Combine(Root, "stranger")).OrThrow();
        Assert.Equal(AuditVerdict.WrongKey, Prove(stranger).Verdict);
    }

    [Fact]
    public async Task A_log_cut_short_or_put_back_is_not_signed_again_and_not_written_any_more()
    {
        var key = InitKey();
        await Fill(10, Signed);
        var earlier = Snapshot();
        await Fill(10, Signed);
        Restore(earlier);

        var problem = await RefusalOf(Signed);
        Assert.Contains("not the log that was signed", problem, StringComparison.Ordinal);

        // Also when somebody without the key writes on, so that it is long enough.
        Restore(earlier);
        await Fill(50, Tiny, "forged");
        Assert.Contains("not the log that was signed", await RefusalOf(Signed), StringComparison.Ordinal);
        Assert.Equal(AuditVerdict.RolledBack, ProveAfter(earlier, key).Verdict);
    }

    [Fact]
    public async Task Another_log_in_its_place_is_not_signed()
    {
        InitKey();
        await Fill(10, Signed);
        Directory.Delete(Dir, recursive: true);
        await Fill(30, Tiny);
        Assert.Contains("not the log that was signed", await RefusalOf(Signed), StringComparison.Ordinal);
        Directory.Delete(Dir, recursive: true);
        Assert.Contains("not the log that was signed", await RefusalOf(Signed), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_what_was_signed_last_a_key_signs_nothing()
    {
        InitKey();
        await Fill(10, Signed);
        var path = Path.Combine(KeyDir, SignedState.FileName);
        var state = File.ReadAllBytes(path);
        File.Delete(path);
        Assert.IsType<AuditUnavailable>(AuditJournal.Open(Dir, Signed).AsT1);

        // One slot is enough, two broken ones are not.
        state[100] ^= 1;
        Write(path, state);
        await Fill(1, Signed);
        state[5000] ^= 1;
        Write(path, state);
        Assert.Contains(
            "signed last",
            Assert.IsType<AuditUnavailable>(AuditJournal.Open(Dir, Signed).AsT1).Because,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task A_key_within_the_journal_or_open_to_others_is_not_used()
    {
        var inside = Path.Combine(Dir, "keys");
        await Fill(1);
        AuditKeys.Init(inside).OrThrow();
        Assert.Contains(
            "apart",
            Assert.IsType<AuditUnavailable>(AuditJournal.Open(Dir, Tiny with { Signing = new(inside) }).AsT1).Because,
            StringComparison.Ordinal
        );

        InitKey();
        if (OperatingSystem.IsWindows())
        {
            return; // Modes are those of Unix.
        }

        File.SetUnixFileMode(Path.Combine(KeyDir, "0.key"), UnixFileMode.UserRead | UnixFileMode.GroupRead);
        Assert.Contains(
            "can be read by others",
            Assert.IsType<AuditUnavailable>(AuditJournal.Open(Dir, Signed).AsT1).Because,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task A_sink_that_fails_or_hangs_is_told_of_and_holds_up_nobody()
    {
        var key = InitKey();
        var clock = new ManualTimeProvider();
        var problems = new List<string?>();
        var hung = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var told = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var entered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Sink.Before = _ =>
        {
            entered.TrySetResult();
            return hung.Task;
        };
        var signing = Signing with
        {
            StatusChanged = status =>
                _ = status.SinkProblem?.Contains("more than", StringComparison.Ordinal) == true && told.TrySetResult(),
        };
        await using (var journal = Open(Signed with { Signing = signing, TimeProvider = clock }))
        {
            for (var i = 0; i < 60; i++)
            {
                await Append(journal, $"{i}", AuditGuarantee.Durable);
            }

            await entered.Task.WaitAsync(TimeSpan.FromMinutes(2), TestContext.Current.CancellationToken);
            clock.Advance(signing.SinkTimeout);
            await told.Task.WaitAsync(TimeSpan.FromMinutes(2), TestContext.Current.CancellationToken);
            Assert.Contains("more than 10 s", journal.Signing!.SinkProblem, StringComparison.Ordinal);
            Assert.True(journal.Signing.Covered > 40);
            Sink.Before = null;
            hung.SetResult();
        }

        Assert.Equal(60, Sink.Kept[^1].Records);
        Assert.Equal(AuditVerdict.Clean, Prove(key, Sink.Kept[^1]).Verdict);
    }

    private static void Write(string path, byte[] bytes)
    {
        File.WriteAllBytes(path, bytes);
    }

    private Dictionary<string, byte[]> Snapshot() =>
        Directory.GetFiles(Dir).ToDictionary(file => file, File.ReadAllBytes, StringComparer.Ordinal);

    private void Restore(Dictionary<string, byte[]> files)
    {
        Directory.Delete(Dir, recursive: true);
        Assert.Null(JournalStorage.ForThisPlatform.Prepare(Dir));
        foreach (var (file, content) in files)
        {
            File.WriteAllBytes(file, content);
        }
    }

    private AuditVerification ProveAfter(Dictionary<string, byte[]> files, AuditPublicKey key)
    {
        Restore(files);
        return Prove(key, Sink.Kept[^1]);
    }

    private async Task<string> RefusalOf(AuditJournalOptions options)
    {
        await using var journal = Open(options);
        var refusal = Assert.IsType<AuditUnavailable>((await journal.AppendAsync(Record("x"), AuditGuarantee.Durable)).AsT1);
        Assert.True(journal.Signing!.IsRefused);
        Assert.True((await journal.AppendAsync(Record("y"), AuditGuarantee.Written)).IsT1);
        return refusal.Because;
    }
}
