using Osl.Operations;
using Osl.Operations.Processes;
using Osl.Supervision;
using Osl.Supervision.Services;
using Osl.Supervision.Trees;
using Osl.Testing;
using Xunit;

namespace Osl.Tests.Unit.Supervision.Trees;

// Starts that come to nothing, or to nobody knows what.
public sealed partial class SupervisorTests
{
    /// <summary>For what would never end if it were wrong.</summary>
    private static readonly TimeSpan Bound = TimeSpan.FromMinutes(1);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_start_of_which_nobody_knows_what_came_is_not_begun_again_on_any_level(bool throws)
    {
        var made = 0;
        _processes.Executor.Answer<SpawnProcessOperation, SpawnProcessResult>(
            (_, _) =>
                throws
                    ? throw new TimeoutException("boom")
                    : new OperationFailed("guardian_lost", "lost.", "Look.") { Effect = OperationEffect.Unknown }
        );
        var supervisor = Make()
            .Add(
                new ChildSpec(
                    "inner",
                    () =>
                    {
                        made++;
                        return Make("inner").Add(Process("leaf"));
                    }
                )
            );
        var outcome = await supervisor.RunToEndAsync(Test).WaitAsync(Bound, Test);
        Assert.Equal(1, made);
        Assert.Single(_processes.Executor.Calls);
        Assert.Equal(["inner/leaf"], outcome.UnknownStarts, StringComparer.Ordinal);
        Assert.Equal("inner", outcome.Failure!.Child);
        Assert.Equal("whether 'leaf' of its last run has started a process is not known", outcome.Failure.Reason);
        var within = Assert.IsType<SupervisorFailedException>(outcome.Failure.Error).Outcome;
        var code = throws ? "start_threw" : "guardian_lost";
        Assert.Equal(code, Assert.IsType<StartUnknownException>(within.Failure!.Error).Error.Code);
        Assert.True(supervisor.IsBroken);
        Assert.Contains("whether 'inner/leaf' has started a process is not known", supervisor.Problems, StringComparer.Ordinal);
    }

    [Theory]
    [InlineData("started", "starting a, started a")]
    [InlineData("refused", "starting a, ended a")]
    [InlineData("unknown", "starting a")]
    [InlineData("threw", "starting a")]
    [InlineData("taken back", "starting a, ended a")]
    [InlineData("host gone", "starting a, ended a")]
    public async Task What_is_written_down_of_a_start_is_what_is_known_of_it(string what, string written)
    {
        var asked = NewSignal();
        _processes.Executor.AnswerAsync<SpawnProcessOperation, SpawnProcessResult>(
            async (_, _, cancelled) =>
            {
                asked.TrySetResult();
                switch (what)
                {
                    case "started":
                        return _processes.Start();
                    case "refused":
                        return new Denied("rule", "no.", "Nothing.");
                    case "unknown":
                        return new OperationFailed("guardian_lost", "lost.", "Look.") { Effect = OperationEffect.Unknown };
                    case "threw":
                        throw new TimeoutException("boom");
                    case "host gone":
                        throw new ObjectDisposedException("host");
                    default:
                        return await Until.CancelledAsync<SpawnProcessResult>(cancelled);
                }
            }
        );
        var store = new Notes();
        var operation = Program.WithLifetime(ProcessLifetime.Detached);
        var child = ChildSpec.Process("a", _processes.Executor, operation, detached: store).Factory();
        var run = child.RunAsync(Test);
        await asked.Task;
        if (what is "started")
        {
            await child.Up;
        }

        await child.Handle.ShutdownAsync();
        await run.ContinueWith(static _ => { }, TaskScheduler.Default).WaitAsync(Bound, Test);
        Assert.Equal(what is "unknown" or "threw", run.Exception?.InnerException is StartUnknownException);
        Assert.Equal(what is "started" or "taken back", run.IsCompletedSuccessfully);
        Assert.Equal(what is "host gone", run.Exception?.InnerException is OperationException { Error.Code: "host_closed" });
        Assert.Equal(written, string.Join(", ", store.Written));
    }

    [Fact]
    public async Task A_shutdown_takes_a_start_back_that_nobody_approves_of()
    {
        var asked = NewSignal();
        var wasTakenBack = false;
        _processes.Executor.AnswerAsync<SpawnProcessOperation, SpawnProcessResult>(
            async (_, _, cancelled) =>
            {
                asked.TrySetResult();
                try
                {
                    return await Until.CancelledAsync<SpawnProcessResult>(cancelled);
                }
                finally
                {
                    wasTakenBack = cancelled.IsCancellationRequested;
                }
            }
        );
        var supervisor = Make().Add(Process("a"));
        using var events = supervisor.Events.Subscribe();
        var run = supervisor.RunToEndAsync(Test);
        await asked.Task;
        var stop = supervisor.Handle.ShutdownAsync();
        await UntilAsync(events, "a", LifecycleState.Stopping);
        // The clock stands still: it is not the grace that ends it.
        await UntilAsync(events, "a", LifecycleState.Ended).WaitAsync(Bound, Test);
        await stop;
        Assert.True((await run).IsSuccess);
        Assert.True(wasTakenBack);
    }

    [Fact]
    public async Task Who_was_told_to_end_before_its_start_starts_nothing()
    {
        var child = Process("a").Factory();
        await child.Handle.ShutdownAsync();
        await child.RunAsync(Test).WaitAsync(Bound, Test);
        Assert.Empty(_processes.Executor.Calls);
    }

    [Fact]
    public async Task Who_was_taken_up_and_has_died_is_not_told_of_as_left_running()
    {
        var before = _processes.Start();
        var taken = new FakeProcess(before.Process, group: null);
        _processes.Executor.Answer<AttachProcessOperation, AttachProcessResult>(
            (_, _) => new AttachProcessResult(before.Process, before.Pid) { Live = taken }
        );
        var notes = new Notes { Known = [new DetachedProcess("daemon", before.Process, before.Group)] };
        var supervisor = Make()
            .Add(ChildSpec.Process("daemon", _processes.Executor, Program.WithLifetime(ProcessLifetime.Detached), detached: notes));
        using var events = supervisor.Events.Subscribe();
        var run = supervisor.RunToEndAsync(Test);
        await supervisor.Up;
        taken.Exit(1);
        SupervisorEvent told;
        do
        {
            told = await NextAsync<SupervisorEvent>(events);
            Assert.IsNotType<SupervisorEvent.LeftRunning>(told);
        } while (told is not SupervisorEvent.Changed { To: LifecycleState.Waiting });
        Assert.Equal(["ended daemon"], notes.Written, StringComparer.Ordinal);
        await StopAsync(supervisor, run);
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Keeps what it is told to write down.</summary>
    private sealed class Notes : IDetachedStore
    {
        public List<string> Written { get; } = [];

        public DetachedProcess[] Known { get; init; } = [];

        public OneOf<IReadOnlyList<DetachedProcess>, OperationError> Find(string name) => Known;

        public OperationError? Starting(string name) => Write($"starting {name}");

        public OperationError? Started(DetachedProcess process) => Write($"started {process.Name}");

        public OperationError? Ended(string name) => Write($"ended {name}");

        private OperationError? Write(string what)
        {
            Written.Add(what);
            return null;
        }
    }
}
