using Osl.Operations;
using Osl.Operations.Auditing;
using Osl.Operations.Processes;

namespace Osl.Tests.Integration.Contract;

public abstract partial class ExecutorContract
{
    [Fact]
    public async Task A_hundred_runs_with_twenty_in_flight_keep_their_output_and_their_codes_apart()
    {
        var runs = A.Rounds(100);
        using var places = new SemaphoreSlim(20);
        var results = await Task.WhenAll(
            Enumerable
                .Range(0, runs)
                .Select(async number =>
                {
                    await places.WaitAsync(Test);
                    try
                    {
                        var text = $"{number}";
                        return await RunAsync(A.PrintArguments([text, text]));
                    }
                    finally
                    {
                        places.Release();
                    }
                })
        );

        Assert.Equal(
            Enumerable.Range(0, runs).Select(number => $"{number}|{number}|"),
            results.Select(run => run.StandardOutput.Text),
            StringComparer.Ordinal
        );
        Assert.All(results, run => Assert.True(run.ExitStatus.IsSuccess));
        Assert.Equal(runs, results.Select(run => run.OperationId).Distinct().Count());
        Assert.Equal(
            runs,
            Journal()
                .Count(record =>
                    record.Type == AuditRecordType.Outcome && string.Equals(record.Outcome, "succeeded", StringComparison.Ordinal)
                )
        );
        Assert.Empty(Osl.Registry.Live());
    }

    [Fact]
    public async Task A_group_of_hundreds_is_ended_as_a_whole()
    {
        var children = A.Hundreds;
        var started = await StartAsync(A.Parent(children));

        var stopped = await Osl.ExecuteAsync(new KillProcessGroupOperation(started.Group!), Me, Test).OrThrow();

        Assert.Equal(children + 1, stopped.ProcessesAffected);
        Assert.Equal(children + 1, stopped.Ended);
        Assert.IsType<NotFound>(await FailAsync(new QueryProcessGroupOperation(started.Group!)));
    }

    [Fact]
    public async Task Many_may_end_the_same_group_at_once()
    {
        for (var round = 0; round < A.Rounds(20); round++)
        {
            var started = await StartAsync(A.Parent(1));

            var kills = await Task.WhenAll(
                Enumerable
                    .Range(0, 8)
                    .Select(_ =>
                        Task.Run(async () => await Osl.ExecuteAsync(new KillProcessGroupOperation(started.Group!), Me, Test), Test)
                    )
            );

            Assert.Contains(kills, kill => kill.IsT0);
            Assert.All(kills, kill => Assert.True(kill.IsT0 || kill.AsT1 is NotFound, kill.ToString()));
            Assert.False(IsAlive(started.Process));
            Assert.IsType<NotFound>(await FailAsync(new QueryProcessGroupOperation(started.Group!)));
        }
    }

    [Fact]
    public async Task Whenever_a_run_is_cancelled_nothing_of_it_is_left()
    {
        var rounds = A.Rounds(100);
        for (var round = 0; round < rounds; round++)
        {
            using var cancel = new CancellationTokenSource();
            var run = Task.Run(async () => await Osl.ExecuteAsync(A.Parent(1).Run(), Me, cancel.Token), Test);
            for (var spin = 0; spin < round * (2000 / rounds); spin++)
            {
                await Task.Yield();
            }

            await cancel.CancelAsync();

            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => run);
            Assert.Empty(Osl.Registry.Live());
        }

        // Who was started at all is in the journal, and has ended by the journal's word and the system's.
        var records = Journal();
        foreach (var started in records.Where(record => record.Type == AuditRecordType.Started))
        {
            Assert.Single(records, record => record.Type == AuditRecordType.Exit && record.Operation == started.Operation);
            Assert.IsType<NotFound>(await FailAsync(new KillProcessGroupOperation(started.Pid!.Value)));
        }
    }
}
