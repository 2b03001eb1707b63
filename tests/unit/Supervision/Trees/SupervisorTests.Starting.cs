using Osl.Operations;
using Osl.Operations.Processes;
using Osl.Supervision;
using Osl.Supervision.Services;
using Xunit;

namespace Osl.Tests.Unit.Supervision.Trees;

// Starts that come to nothing.
public sealed partial class SupervisorTests
{
    /// <summary>For what would never end if it were wrong.</summary>
    private static readonly TimeSpan Bound = TimeSpan.FromMinutes(1);

    [Fact]
    public async Task A_shutdown_takes_a_start_back_that_nobody_approves_of()
    {
        var asked = NewSignal();
        var wasTakenBack = false;
        _processes.Executor.AnswerAsync<SpawnProcessOperation, SpawnProcessResult>(
            async (_, _, cancelled) =>
            {
                asked.TrySetResult();
                using var registration = cancelled.Register(() => wasTakenBack = true);
                await Task.Delay(Timeout.InfiniteTimeSpan, cancelled);
                throw new InvalidOperationException("Nobody approves of it.");
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

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
