using Osl.Operations;
using Osl.Operations.Processes;
using Osl.Supervision;
using Osl.Supervision.Trees;
using Osl.Testing;
using Xunit;

namespace Osl.Tests.Unit.Supervision.Trees;

/// <summary>The one owner of all spawning.</summary>
public sealed class ProcessOwnerTests
{
    private static readonly SpawnProcessOperation Program = new("/bin/program");

    private readonly FakeProcesses _processes = new();
    private readonly ManualTimeProvider _clock = new();

    private static OperationContext Me => OperationContext.Current;

    private static CancellationToken Test => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_it_has_started_is_found_by_name_and_forgotten_when_it_has_ended()
    {
        var owner = new ProcessOwner("owner", _processes.Executor);
        _ = await owner.SpawnAsync("a", Program, Me, Test).OrThrow();
        Assert.Equal("name_taken", (await owner.SpawnAsync("a", Program, Me, Test)).AsT1.Code);
        Assert.Equal("a", Assert.Single(owner.Processes).Name);
        _processes.Started[0].Exit(0);
        Assert.Empty(owner.Processes);
        Assert.IsType<NotFound>((await owner.StopAsync("a", Test)).AsT1);
        Assert.True((await owner.SpawnAsync("a", Program, Me, Test)).IsT0);
    }

    [Fact]
    public async Task A_start_that_fails_leaves_the_name_free()
    {
        var owner = new ProcessOwner("owner", _processes.Executor);
        _processes.Refusal = new Denied("rule", "no.", "Nothing.");
        Assert.IsType<Denied>((await owner.SpawnAsync("a", Program, Me, Test)).AsT1);
        _processes.Refusal = null;
        Assert.True((await owner.SpawnAsync("a", Program, Me, Test)).IsT0);
    }

    [Fact]
    public async Task Its_supervisor_ends_all_it_owns_and_it_starts_nothing_more()
    {
        var owner = new ProcessOwner("owner", _processes.Executor);
        var supervisor = new Supervisor("root", _processes.Executor, new SupervisorOptions { TimeProvider = _clock }).Add(
            new ChildSpec("owner", () => owner)
        );
        var run = supervisor.RunToEndAsync(Test);
        await supervisor.Up;
        for (var i = 0; i < 10; i++)
        {
            _ = await owner.SpawnAsync($"p{i}", Program, Me, Test).OrThrow();
        }

        await supervisor.Handle.ShutdownAsync();
        Assert.True((await run).IsSuccess);
        Assert.Equal((10, 0), (_processes.Started.Count, _processes.Alive));
        Assert.Equal("owner_stopped", (await owner.SpawnAsync("late", Program, Me, Test)).AsT1.Code);

        // And when it is run again it starts again.
        run = supervisor.RunToEndAsync(Test);
        await supervisor.Up;
        _ = await owner.SpawnAsync("again", Program, Me, Test).OrThrow();
        await supervisor.Handle.ShutdownAsync();
        Assert.True((await run).IsSuccess);
        Assert.Equal((11, 0), (_processes.Started.Count, _processes.Alive));
    }

    [Fact]
    public async Task A_start_that_is_under_way_at_the_end_is_ended_too()
    {
        var starting = new TaskCompletionSource();
        var go = new TaskCompletionSource();
        _processes.Executor.AnswerAsync<SpawnProcessOperation, SpawnProcessResult>(
            async (_, _, _) =>
            {
                starting.SetResult();
                await go.Task;
                return _processes.Start();
            }
        );
        var owner = new ProcessOwner("owner", _processes.Executor);
        var supervisor = new Supervisor("root", _processes.Executor, new SupervisorOptions { TimeProvider = _clock }).Add(
            new ChildSpec("owner", () => owner)
        );
        using var events = supervisor.Events.Subscribe();
        var run = supervisor.RunToEndAsync(Test);
        await supervisor.Up;
        var spawn = owner.SpawnAsync("a", Program, Me, Test).AsTask();
        await starting.Task;
        var stop = supervisor.Handle.ShutdownAsync();
        go.SetResult();
        Assert.True((await spawn).IsT0);
        await stop;
        Assert.True((await run).IsSuccess);
        Assert.Equal((1, 0), (_processes.Started.Count, _processes.Alive));
    }
}
