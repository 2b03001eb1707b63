using Osl.Operations;
using Osl.Operations.Processes;
using Osl.Supervision;
using Osl.Testing;
using Xunit;

namespace Osl.Tests.Unit.Supervision.Managing;

/// <summary>What a manager does as a whole: its names, its templates, its end.</summary>
public sealed class ManagerTests : ProcessManagerTest
{
    [Fact]
    public async Task A_name_is_kept_while_it_is_attached_to_so_that_nothing_is_attached_to_in_vain()
    {
        var attaching = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var go = new TaskCompletionSource();
        var stranger = new FakeProcess(new ProcessRef(7, 7, "boot", 0));
        System.Executor.AnswerAsync<AttachProcessOperation, AttachProcessResult>(
            async (_, _, _) =>
            {
                attaching.TrySetResult();
                await go.Task;
                return new AttachProcessResult(stranger.Process, 7) { Live = stranger };
            }
        );
        var attach = Manager.AttachAsync(7, "db", cancellationToken: Cancelled).AsTask();
        await attaching.Task;
        Assert.IsType<ValidationFailed>(Manager.NewProcess("x", new ProcessOptions { Name = "db" }).AsT1);
        Assert.IsType<ValidationFailed>((await Manager.AttachAsync(8, "db", cancellationToken: Cancelled)).AsT1);
        go.SetResult();
        Assert.Equal("db", (await attach).AsT0.Name);
        Assert.Single(System.Executor.CallsOf<AttachProcessOperation>());
    }

    [Fact]
    public void A_template_is_not_written_for_a_name_that_is_taken()
    {
        var store = new CountingStore();
        var manager = new ProcessManager(System.Executor, System, new ProcessManagerOptions { TimeProvider = Clock, Templates = store });
        var wanted = new ProcessOptions { Name = "web", Template = new TemplateOption("web") };
        Assert.True(manager.NewProcess("httpd", wanted).IsT0);
        Assert.IsType<ValidationFailed>(manager.NewProcess("other", wanted).AsT1);
        Assert.Equal(["httpd"], store.Saved.Select(template => template.Spawn.Program), StringComparer.Ordinal);
    }

    [Fact]
    public async Task The_end_of_the_manager_ends_the_rest_and_lets_listeners_go_whatever_one_end_throws()
    {
        var first = Manager.NewProcess("one").AsT0;
        var second = Manager.NewProcess("two").AsT0;
        await first.StartAsync(cancellationToken: Cancelled);
        await second.StartAsync(cancellationToken: Cancelled);
        using var all = Manager.Subscribe();
        using var ofFirst = first.Subscribe();
        using var ofSecond = second.Subscribe();
        System.Executor.AnswerAsync<KillProcessGroupOperation, StopResult>(
            (kill, _, _) =>
            {
                var process = System.All.Single(process => process.Group == kill.Target.Group);
                if (process.Process == first.Process)
                {
                    throw new InvalidOperationException("boom");
                }

                process.Exit(new ExitStatus(null, Signal.Terminate));
                return ValueTask.FromResult<OneOf<StopResult, OperationError>>(
                    new StopResult(kill.Target.Pgid, IsGroup: true, ProcessesAffected: 1, Ended: 1, Forced: 0)
                );
            }
        );

        await Manager.DisposeAsync();

        Assert.Equal(first.Process, Assert.Single(System.Alive).Process);
        foreach (var notices in (Subscription<ProcessNotice>[])[all, ofFirst, ofSecond])
        {
            while (await notices.NextAsync(Cancelled) is not null)
            {
                // Until it is told that no more comes.
            }
        }
    }

    [Fact]
    public async Task The_end_of_the_manager_ends_all_side_by_side_and_a_kill_overtakes_it()
    {
        var first = Manager.NewProcess("one").AsT0;
        var second = Manager.NewProcess("two").AsT0;
        await first.StartAsync(cancellationToken: Cancelled);
        await second.StartAsync(cancellationToken: Cancelled);
        using var asked = new SemaphoreSlim(0);
        var answer = new TaskCompletionSource();
        System.Executor.AnswerAsync<KillProcessGroupOperation, StopResult>(
            async (kill, _, _) =>
            {
                if (kill.StopSequence != StopSequence.Immediate)
                {
                    asked.Release();
                    await answer.Task;
                }

                System.All.Single(process => process.Group == kill.Target.Group).Exit(new ExitStatus(null, Signal.Kill));
                return new StopResult(kill.Target.Pgid, IsGroup: true, ProcessesAffected: 1, Ended: 1, Forced: 0);
            }
        );
        var closing = Manager.DisposeAsync().AsTask();
        await asked.WaitAsync(Cancelled);
        await asked.WaitAsync(Cancelled);
        Assert.Null(await first.KillAsync(cancellationToken: Cancelled));
        Assert.Null(await second.KillAsync(cancellationToken: Cancelled));
        answer.SetResult();
        await closing;
        Assert.Empty(System.Alive);
    }

    private sealed class CountingStore : ITemplateStore
    {
        public List<ProcessTemplate> Saved { get; } = [];

        public OneOf<ProcessTemplate, OperationError> Load(string name) =>
            Saved.Single(template => string.Equals(template.Name, name, StringComparison.Ordinal));

        public OneOf<IReadOnlyList<ProcessTemplate>, OperationError> LoadAll() => Saved;

        public OperationError? Save(ProcessTemplate template)
        {
            Saved.Add(template);
            return null;
        }
    }
}
