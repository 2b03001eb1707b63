using System.Security.Cryptography;
using Osl.Operations;
using Osl.Operations.Auditing;
using Osl.Security.Audit;
using Xunit;

namespace Osl.Tests.Unit.Audit;

public sealed class AuditJournalTests : JournalFixture
{
    [Theory]
    [InlineData(AuditGuarantee.Written)]
    [InlineData(AuditGuarantee.Durable)]
    [InlineData(AuditGuarantee.BestEffort)]
    public async Task What_is_appended_is_read_back_in_order(AuditGuarantee guarantee)
    {
        await using (var journal = Open())
        {
            for (var i = 0; i < 20; i++)
            {
                Assert.Equal(i, await Append(journal, $"r{i}", guarantee));
            }
        }

        AssertReasons(Enumerable.Range(0, 20).Select(i => $"r{i}"));
        Assert.Equal(Enumerable.Range(0, 20).Select(i => (long)i), Entries().Select(entry => entry.Index));
        AssertClean(20);
    }

    [Fact]
    public async Task A_record_comes_back_with_all_its_members()
    {
        var record = Record("why") with { Pid = 7, GapOperations = ["a", "b"], Principal = "älice\u0001", Outcome = "succeeded" };
        await using (var journal = Open())
        {
            await journal.AppendAsync(record, AuditGuarantee.Durable).OrThrow();
        }

        Assert.Equal(record, Assert.Single(Entries()).Record);
    }

    [Fact]
    public async Task Calls_that_are_not_awaited_keep_their_order()
    {
        var tasks = new List<Task<OneOf<AuditReceipt, OperationError>>>();
        await using (var journal = Open(Tiny))
        {
            for (var i = 0; i < 300; i++)
            {
                tasks.Add(journal.AppendAsync(Record($"r{i}"), (AuditGuarantee)(i % 3)).AsTask());
            }

            await Task.WhenAll(tasks);
        }

        Assert.Equal(Enumerable.Range(0, 300).Select(i => (long)i), tasks.Select(task => task.Result.OrThrow().Index));
        AssertReasons(Enumerable.Range(0, 300).Select(i => $"r{i}"));
        AssertClean(300);
    }

    [Fact]
    public async Task Many_writers_at_once_lose_nothing_and_share_syncs()
    {
        var storage = new FaultyStorage();
        await using (var journal = Open(new() { Storage = storage }))
        {
            await InParallel(
                64,
                async writer =>
                {
                    var last = -1L;
                    for (var i = 0; i < 20; i++)
                    {
                        var index = await Append(journal, $"{writer}:{i}", AuditGuarantee.Durable);
                        Assert.True(index > last);
                        last = index;
                    }
                }
            );
        }

        var reasons = Reasons();
        Assert.Equal(64 * 20, reasons.Distinct(StringComparer.Ordinal).Count());
        for (var writer = 0; writer < 64; writer++)
        {
            var own = reasons.Where(reason => reason!.StartsWith($"{writer}:", StringComparison.Ordinal));
            Assert.Equal(Enumerable.Range(0, 20).Select(i => $"{writer}:{i}"), own, StringComparer.Ordinal);
        }

        AssertClean(64 * 20);
    }

    [Fact]
    public async Task What_gathers_during_a_sync_shares_the_next_one()
    {
        using var syncing = new SemaphoreSlim(0);
        using var goOn = new ManualResetEventSlim();
        var storage = new FaultyStorage();
        await using (var journal = Open(new() { Storage = storage }))
        {
            await Append(journal, "the segment is there");
            var before = storage.Count(nameof(IJournalStorage.Sync));
            storage.Fails = call =>
            {
                if (call is nameof(IJournalStorage.Sync) && !goOn.IsSet)
                {
                    syncing.Release();
                    goOn.Wait();
                }

                return false;
            };
            var tasks = new List<Task> { Append(journal, "first", AuditGuarantee.Durable) };
            await syncing.WaitAsync(TestContext.Current.CancellationToken);
            tasks.AddRange(Enumerable.Range(0, 64).Select(i => Append(journal, $"{i}", AuditGuarantee.Durable)));
            goOn.Set();
            await Task.WhenAll(tasks);

            Assert.Equal(2, storage.Count(nameof(IJournalStorage.Sync)) - before);
        }

        AssertClean(66);
    }

    [Fact]
    public async Task A_full_segment_is_followed_by_the_next()
    {
        await Fill(100, Tiny);

        Assert.True(Directory.GetFiles(Dir, "*.osl").Length > 2);
        Assert.All(Directory.GetFiles(Dir, "*.osl"), file => Assert.True(new FileInfo(file).Length <= 8192));
        AssertClean(100);
    }

    [Fact]
    public async Task A_record_larger_than_a_segment_gets_one_to_itself()
    {
        var large = new string('x', 20_000);
        await using (var journal = Open(Tiny))
        {
            await Append(journal, "before");
            await Append(journal, large);
            await Append(journal, "after");
        }

        AssertReasons(["before", large, "after"]);
        AssertClean(3);
    }

    [Fact]
    public async Task A_record_beyond_the_bound_is_refused_and_the_journal_goes_on()
    {
        await using (var journal = Open())
        {
            var outcome = await journal.AppendAsync(Record(new string('x', JournalFormat.MaxRecord)), AuditGuarantee.Written);
            Assert.Contains("longer than", Assert.IsType<AuditUnavailable>(outcome.AsT1).Because, StringComparison.Ordinal);
            Assert.Equal(0, await Append(journal, "after"));
        }

        AssertClean(1);
    }

    [Fact]
    public async Task A_large_batch_is_split_into_frames_within_the_bound()
    {
        await using (var journal = Open())
        {
            var text = new string('x', 700_000);
            var tasks = Enumerable.Range(0, 8).Select(i => journal.AppendAsync(Record(text), AuditGuarantee.Durable).AsTask()).ToArray();
            Assert.All(await Task.WhenAll(tasks), outcome => Assert.True(outcome.IsT0));
        }

        AssertClean(8);
    }

    [Fact]
    public async Task Reopening_continues_the_log()
    {
        await Fill(30, Tiny, "a");
        await Fill(30, Tiny, "b");

        Assert.Equal(60, Reasons().Count);
        AssertClean(60);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Reopening_without_a_usable_hint_continues_the_log(bool empty)
    {
        await Fill(30, Tiny, "a");
        File.WriteAllBytes(Path.Combine(Dir, "LOCK"), empty ? [] : [1, 2, 3]);
        await Fill(30, Tiny, "b");

        AssertClean(60);
    }

    [Fact]
    public async Task An_old_hint_is_caught_up_with()
    {
        var path = Path.Combine(Dir, "LOCK");
        await using (var journal = Open(Tiny))
        {
            await Append(journal, "a");
            var hint = ReadShared(path);
            for (var i = 0; i < 5; i++)
            {
                await Append(journal, "b");
            }

            // As if the writer had been killed five times between frame and hint.
            WriteShared(path, hint);
        }

        await Fill(5, Tiny);
        AssertClean(11);
    }

    [Fact]
    public async Task A_hint_that_the_log_does_not_bear_out_is_not_followed_but_told_of()
    {
        await Fill(10);
        var hint = File.ReadAllBytes(Path.Combine(Dir, "LOCK"));
        await Fill(1);
        var other = Path.Combine(Root, "other");
        await using (var journal = Open(directory: other))
        {
            await Append(journal, "one record only");
        }

        File.WriteAllBytes(Path.Combine(other, "LOCK"), hint);
        await using (var journal = Open(directory: other))
        {
            Assert.Equal(1, await Append(journal, "the second"));
        }

        // Within one boot such a hint means that the log has had more than it has: see JournalShortenedTests.
        var verification = JournalVerifier.Verify(other);
        Assert.Equal(JournalFindingKind.Shortened, Assert.Single(verification.Findings).Kind);
        Assert.Equal(2, verification.Records);
    }

    [Fact]
    public async Task Two_journals_of_one_process_share_a_directory()
    {
        await using (var a = Open(Tiny))
        await using (var b = Open(Tiny))
        {
            for (var i = 0; i < 50; i++)
            {
                Assert.Equal(2 * i, await Append(a, $"a{i}"));
                Assert.Equal((2 * i) + 1, await Append(b, $"b{i}"));
            }

            await InParallel(2, i => i == 0 ? Many(a, "x") : Many(b, "y"));
        }

        AssertClean(100 + 400);

        static async Task Many(AuditJournal journal, string name)
        {
            for (var i = 0; i < 200; i++)
            {
                await Append(journal, name + i, i % 10 == 0 ? AuditGuarantee.Durable : AuditGuarantee.Written);
            }
        }
    }

    [Fact]
    public async Task The_root_is_that_of_RFC_6962()
    {
        await Fill(77, Tiny);

        var leaves = Entries().Select(entry => SHA256.HashData([0, .. entry.Raw.Span])).ToArray();
        Assert.Equal(Convert.ToHexStringLower(MerkleTreeHash(leaves)), Verify().Root);
    }

    [Fact]
    public async Task After_closing_appends_are_refused()
    {
        var journal = Open();
        await Append(journal, "a");
        await journal.DisposeAsync();
        await journal.DisposeAsync();

        Assert.IsType<AuditUnavailable>((await journal.AppendAsync(Record("b"), AuditGuarantee.Written)).AsT1);
        AssertClean(1);
    }

    [Fact]
    public async Task A_journal_that_was_never_used_leaves_no_segment()
    {
        await using (Open()) { }

        Assert.Equal(JournalVerdict.Empty, Verify().Verdict);
    }

    /// <summary>RFC 6962, 2.1, as it is written there.</summary>
    private static byte[] MerkleTreeHash(ReadOnlySpan<byte[]> leaves)
    {
        if (leaves.Length == 1)
        {
            return leaves[0];
        }

        var split = 1;
        while (2 * split < leaves.Length)
        {
            split *= 2;
        }

        return SHA256.HashData([1, .. MerkleTreeHash(leaves[..split]), .. MerkleTreeHash(leaves[split..])]);
    }
}
