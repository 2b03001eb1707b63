using Osl.Operations;
using Osl.Operations.Auditing;
using Osl.Operations.Processes;
using Osl.Security.Audit;
using Xunit;

namespace Osl.Tests.Unit.Audit;

public sealed class ReviewTests : SigningFixture
{
    [Fact]
    public async Task Each_record_says_whether_a_checkpoint_covers_it()
    {
        var key = InitKey();
        await Fill(20, Signed);
        await Fill(3, Tiny, "unsigned");

        var (review, shown) = Review(new() { Against = new() { Key = key } });
        Assert.Equal([.. Enumerable.Repeat(true, 20), .. Enumerable.Repeat(false, 3)], shown.Select(entry => entry.IsProven));
        Assert.Equal((23, 20, 0), (review.Shown, review.Proven, review.Problems));

        var (without, _) = Review(new());
        Assert.False(without.CanProve);
        Assert.Equal((23, 0), (without.Shown, without.Proven));

        // By a checkpoint alone: up to that.
        var kept = Sink.Kept[0];
        var (by, _) = Review(new() { Against = new() { Checkpoint = kept } });
        Assert.InRange(by.Proven, kept.Records, 20);
    }

    [Fact]
    public async Task The_newest_few_are_proven_from_their_segment_alone()
    {
        var key = InitKey();
        await Fill(60, Signed);
        // What is before them is not read: it can be gone.
        File.Delete(Segment(0));
        var (review, shown) = Review(
            new()
            {
                Limit = 4,
                Against = new() { Key = key },
            }
        );
        Assert.Equal([56L, 57, 58, 59], shown.Select(entry => entry.Entry.Index));
        Assert.Equal((4, 4), (review.Shown, review.Proven));
    }

    [Fact]
    public async Task A_forged_record_is_never_proven_wherever_it_is()
    {
        var key = InitKey();
        await Fill(30, Signed);
        var log = Directory
            .GetFiles(Dir, "*.osl")
            .ToDictionary(file => JournalFormat.SegmentNumber(Path.GetFileName(file)), File.ReadAllBytes);
        using var own = System.Security.Cryptography.ECDsa.Create(System.Security.Cryptography.ECCurve.NamedCurves.nistP256);
        foreach (var at in Forger.Read(log).Records.ToArray())
        {
            foreach (var resigned in (bool[])[false, true])
            {
                var forger = Forger.Read(log);
                var forged = forger.Parts[at].Items[0];
                var reason = "\"reason\":\""u8;
                forged[forged.AsSpan().IndexOf(reason) + reason.Length] = (byte)'q';
                foreach (var (number, bytes) in forger.Write(resigned ? own : null))
                {
                    await File.WriteAllBytesAsync(Segment(number), bytes, TestContext.Current.CancellationToken);
                }

                foreach (var limit in (int?[])[null, 30, 10, 1])
                {
                    var (_, shown) = Review(
                        new()
                        {
                            Limit = limit,
                            Against = new() { Key = key },
                        }
                    );
                    Assert.All(shown.Where(entry => entry.Entry.Raw.Span.SequenceEqual(forged)), entry => Assert.False(entry.IsProven));
                    Assert.True(limit is not null || shown.Any(entry => entry.Entry.Raw.Span.SequenceEqual(forged)));
                }
            }
        }
    }

    [Fact]
    public async Task After_a_change_of_keys_the_old_one_leads_to_the_new()
    {
        var old = InitKey();
        await Fill(10, Signed);
        var newer = AuditKeys.Rotate(KeyDir).OrThrow();
        await Fill(10, Signed);
        Assert.Equal(20, Review(new() { Against = new() { Key = old } }).Review.Proven);
        Assert.Equal(20, Review(new() { Against = new() { Key = newer } }).Review.Proven);
        using var other = System.Security.Cryptography.ECDsa.Create(System.Security.Cryptography.ECCurve.NamedCurves.nistP256);
        Assert.Equal(0, Review(new() { Against = new() { Key = AuditPublicKey.Of(other) } }).Review.Proven);
    }

    [Fact]
    public void A_record_is_wanted_if_it_meets_all_that_is_asked()
    {
        var record = new AuditRecord
        {
            Type = AuditRecordType.Outcome,
            Time = DateTimeOffset.UnixEpoch,
            Operation = OperationId.New(DateTimeOffset.UnixEpoch.AddDays(1)),
            OperationType = "kill_process_group",
            Action = "process.signal process.inspect",
            Principal = "alice",
            Decision = Osl.Operations.Policies.PolicyEffect.Allow,
            Executable = new("git", "/usr/bin/git", "/usr/lib/git-core/git", 1, 2, 0, 0x1ED, null),
            Outcome = "stop_failed",
            Pid = 12,
            Pgid = 34,
            TargetPgid = 56,
        };
        AuditFilter[] met =
        [
            new(),
            new() { Since = DateTimeOffset.UnixEpoch, Until = DateTimeOffset.UnixEpoch },
            new() { Principal = "alice" },
            new() { Action = "process.inspect" },
            new() { Action = "kill_process_group" },
            new() { Executable = "git" },
            new() { Executable = "/usr/bin/git" },
            new() { Executable = "/usr/lib/git-core/git" },
            new() { Pid = 12 },
            new() { Pgid = 34 },
            new() { Pgid = 56 },
            new() { Decision = Osl.Operations.Policies.PolicyEffect.Allow },
            new() { Outcome = "stop_failed" },
            new() { Outcome = "failed" },
            new() { Operation = record.Operation.ToString()![..9].ToUpperInvariant() },
            new() { Operations = new HashSet<OperationId> { record.Operation.Value } },
        ];
        AuditFilter[] missed =
        [
            new() { Since = DateTimeOffset.UnixEpoch.AddTicks(1) },
            new() { Until = DateTimeOffset.UnixEpoch.AddTicks(-1) },
            new() { Principal = "alic" },
            new() { Action = "process" },
            new() { Executable = "/git" },
            new() { Executable = "bin/git" },
            new() { Pid = 34 },
            new() { Pgid = 12 },
            new() { Decision = Osl.Operations.Policies.PolicyEffect.Deny },
            new() { Outcome = "succeeded" },
            new() { Denied = true },
            new() { Operation = "zz" },
            new() { Operations = new HashSet<OperationId>() },
            new() { Principal = "alice", Pid = 1 },
        ];
        Assert.All(met, filter => Assert.True(filter.Matches(record), $"{filter}"));
        Assert.All(missed, filter => Assert.False(filter.Matches(record), $"{filter}"));
    }

    [Fact]
    public void A_summary_counts_and_keeps_what_has_no_end()
    {
        var summary = new AuditSummary();
        var (run, spawn, lost, denied) = (Id(1), Id(2), Id(3), Id(4));
        Add(AuditRecordType.Intent, run, "run_process");
        Add(AuditRecordType.Started, run, null, pid: 5);
        Add(AuditRecordType.Exit, run, null, pid: 5);
        Add(AuditRecordType.Outcome, run, "run_process", "succeeded");
        Add(AuditRecordType.Intent, spawn, "spawn_process");
        Add(AuditRecordType.Outcome, spawn, "spawn_process", "succeeded", pid: 6);
        Add(AuditRecordType.Intent, lost, "kill_process");
        Add(AuditRecordType.Refusal, denied, "process_signal", "denied");
        summary.Add(new AuditRecord { Type = AuditRecordType.Gap, GapCount = 7 });

        Assert.Equal((4, 1, 0), (summary.Total.Asked, summary.Total.Denied, summary.Total.Failed));
        Assert.Equal(lost, Assert.Single(summary.WithoutOutcome).Operation);
        Assert.Equal(spawn, Assert.Single(summary.WithoutExit).Operation);
        Assert.Equal((9, 7), (summary.Records, summary.Missing));
        Assert.Equal(4, summary.Principals["alice"].Asked);

        // A dry run is neither done nor failed; a real failure is.
        Add(AuditRecordType.Refusal, Id(5), "run_process", "dry_run");
        Add(AuditRecordType.Refusal, Id(6), "run_process", "not_found");
        Assert.Equal((6, 1, 1, 1), (summary.Total.Asked, summary.Total.Denied, summary.Total.Failed, summary.Total.DryRuns));

        // What was started detached is left running on purpose, until its end is recorded, be it by who ended it.
        var (left, ended) = (Id(7), Id(8));
        foreach (var (operation, pid) in new[] { (left, 70), (ended, 80) })
        {
            summary.Add(Intent(operation, "spawn_process") with { RequestJson = Detached() });
            Add(AuditRecordType.Outcome, operation, "spawn_process", "succeeded", pid);
        }

        Assert.Equal([left, ended], summary.LeftRunning.Select(record => record.Operation!.Value));
        Assert.Equal(spawn, Assert.Single(summary.WithoutExit).Operation);
        var stop = Id(10);
        summary.Add(
            Intent(stop, "kill_process_group") with
            {
                Target = new(80, IsGroup: true, Osl.Operations.Facts.TargetRelation.Own, 1) { StartedBy = ended },
            }
        );
        Add(AuditRecordType.Outcome, stop, "kill_process_group", "succeeded");
        Assert.Equal(left, Assert.Single(summary.LeftRunning).Operation);
        Add(AuditRecordType.Exit, left, null, pid: 70);
        Assert.Empty(summary.LeftRunning);

        // Its end was recorded before its start.
        var quick = Id(9);
        Add(AuditRecordType.Exit, quick, null, pid: 9);
        Add(AuditRecordType.Outcome, quick, "spawn_process", "succeeded", pid: 9);
        Assert.Single(summary.WithoutExit);

        void Add(AuditRecordType type, OperationId operation, string? kind, string? outcome = null, int? pid = null) =>
            summary.Add(
                new AuditRecord
                {
                    Type = type,
                    Operation = operation,
                    OperationType = kind,
                    Outcome = outcome,
                    Pid = pid,
                    Principal = "alice",
                }
            );

        static AuditRecord Intent(OperationId operation, string kind) =>
            new()
            {
                Type = AuditRecordType.Intent,
                Operation = operation,
                OperationType = kind,
            };

        static RawJson Detached() =>
            OperationJson.WriteRaw(
                new SpawnProcessOperation("/bin/true").WithLifetime(ProcessLifetime.Detached),
                ProcessOperationKinds.Spawn,
                WrittenForm.Audit
            );

        static OperationId Id(int n) => OperationId.New(DateTimeOffset.UnixEpoch.AddDays(n));
    }

    [Fact]
    public async Task A_follower_sees_each_record_once_across_segments_and_never_a_torn_end()
    {
        await Fill(5, Tiny);
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        var seen = new List<string?>();
        var following = Task.Run(
            async () =>
            {
                await foreach (
                    var entry in new AuditReader(Dir).FollowAsync(2, TimeSpan.FromMilliseconds(1), TimeProvider.System, limit.Token)
                )
                {
                    Assert.Null(entry.Problem);
                    seen.Add(entry.Record!.Reason);
                    if (seen.Count == 103)
                    {
                        return;
                    }
                }
            },
            limit.Token
        );
        await Fill(100, Tiny, "n");
        await following;
        Assert.Equal([.. Enumerable.Range(2, 3).Select(i => $"r{i}"), .. Enumerable.Range(0, 100).Select(i => $"n{i}")], seen);
        Assert.True(Verify().Segments > 2);
    }

    [Fact]
    public async Task A_checkpoint_is_kept_in_a_file_that_is_always_whole()
    {
        var key = InitKey();
        var path = Path.Combine(Root, "kept");
        await Fill(20, Tiny with { Signing = Signing with { Sink = new CheckpointFileSink(path) } });
        var kept = AuditCheckpoint.TryParse(await File.ReadAllTextAsync(path, TestContext.Current.CancellationToken));
        Assert.Equal(AuditVerdict.Clean, Prove(key, kept).Verdict);
        Assert.Equal(20, kept!.Records);
        Assert.Empty(Directory.GetFiles(Root, "*.tmp"));

        // Only a checkpoint is replaced by one.
        var precious = Path.Combine(Root, "precious");
        await File.WriteAllTextAsync(precious, kept + "more", TestContext.Current.CancellationToken);
        File.CreateSymbolicLink(precious + "-link", path);
        foreach (var file in (string[])[precious, precious + "-link", Root])
        {
            await Assert.ThrowsAnyAsync<IOException>(() =>
                new CheckpointFileSink(file).KeepAsync(kept, TestContext.Current.CancellationToken)
            );
        }

        Assert.Equal(kept + "more", await File.ReadAllTextAsync(precious, TestContext.Current.CancellationToken));
        await new CheckpointFileSink(path).KeepAsync(kept, TestContext.Current.CancellationToken);

        var nowhere = new CheckpointFileSink(Path.Combine(Root, "no", "kept"));
        await Assert.ThrowsAnyAsync<IOException>(() => nowhere.KeepAsync(kept, TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData("CreateNew")]
    [InlineData("Write")]
    [InlineData("Sync")]
    [InlineData("Replace")]
    [InlineData("SyncDirectory")]
    public async Task A_checkpoint_counts_as_kept_only_when_its_name_is_on_disk_too(string failing)
    {
        InitKey();
        await Fill(8, Signed);
        var path = Path.Combine(Root, "kept");
        await new CheckpointFileSink(path).KeepAsync(Sink.Kept[0], TestContext.Current.CancellationToken);
        var storage = new FaultyStorage { Fails = call => string.Equals(call, failing, StringComparison.Ordinal) };
        var sink = new CheckpointFileSink(path, storage);

        await Assert.ThrowsAsync<IOException>(() => sink.KeepAsync(Sink.Kept[^1], TestContext.Current.CancellationToken));
        Assert.NotNull(AuditCheckpoint.TryParse(await File.ReadAllTextAsync(path, TestContext.Current.CancellationToken)));
        Assert.Empty(Directory.GetFiles(Root, "*.tmp"));

        storage.Fails = null;
        await sink.KeepAsync(Sink.Kept[^1], TestContext.Current.CancellationToken);
        Assert.Equal(
            Sink.Kept[^1].ToString(),
            await File.ReadAllTextAsync(path, TestContext.Current.CancellationToken),
            StringComparer.Ordinal
        );
    }

    [Theory]
    [InlineData("CreateNew")]
    [InlineData("Write")]
    [InlineData("Sync")]
    [InlineData("Rename")]
    public void A_key_that_could_not_be_made_leaves_nothing_behind(string failing)
    {
        var storage = new FaultyStorage { Fails = call => string.Equals(call, failing, StringComparison.Ordinal) };
        Assert.True(AuditKeys.Init(KeyDir, storage).IsT1);
        Assert.Empty(Directory.GetFiles(KeyDir));
    }

    private (AuditReview Review, List<ReviewedEntry> Shown) Review(AuditReviewOptions options)
    {
        var review = new AuditReview(new AuditReader(Dir), options);
        return (review, [.. review.Read().Where(entry => entry.Entry.Problem is null)]);
    }
}
