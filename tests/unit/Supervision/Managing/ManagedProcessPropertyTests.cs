using FsCheck;
using FsCheck.Fluent;
using Osl.Operations;
using Osl.Operations.Processes;
using Osl.Supervision;
using Osl.Testing;
using Xunit;

namespace Osl.Tests.Unit.Supervision.Managing;

public sealed class ManagedProcessPropertyTests
{
    public enum Step
    {
        Start,
        Stop,
        StopAndWait,
        Kill,
        Restart,
        Ends,
        Crashes,
        LeavesSomebody,
        TimePasses,
        Settle,
        EndsAreRefused,
        EndsAreAllowed,
        SpawnsFail,
        SpawnsWork,
        TerminateIsIgnored,
        TerminateIsMinded,
    }

    [Fact]
    public void In_whatever_order_things_happen_nothing_runs_twice_nothing_is_forgotten_and_a_stop_ends_it() =>
        Prop.ForAll(
                ArbMap.Default.GeneratorFor<Step>().ArrayOf(30).ToArbitrary(),
                steps => RunAsync(steps).WaitAsync(TimeSpan.FromSeconds(60)).GetAwaiter().GetResult()
            )
            .QuickCheckThrowOnFailure();

    private static async Task<bool> RunAsync(Step[] steps)
    {
        var clock = new ManualTimeProvider();
        var system = new FakeSystem(clock);
        var manager = new ProcessManager(system.Executor, system, new ProcessManagerOptions { TimeProvider = clock, Random = () => 0 });
        var process = manager.NewProcess("daemon", new ProcessOptions { Restart = RestartPolicy.Times(null) }).AsT0;
        List<Task> commands = [];
        foreach (var step in steps)
        {
            Take(step, process, system, clock, commands);
            if (step == Step.Settle)
            {
                await Task.Yield();
            }
        }

        system.EndFails = () => null;
        system.MindsTerminate = true;
        // Whatever was asked for is answered, though no time passes: a wait for a restart hinders no command.
        if (await process.StopAndWaitAsync() is not null)
        {
            return false;
        }

        await Task.WhenAll(commands);
        var last = await process.KillAsync();
        await process.WaitForEndAsync();
        var isOver = process.State is LifecycleState.Idle or LifecycleState.Ended or LifecycleState.Failed;
        await manager.DisposeAsync();
        return last is null && isOver && system.MostAtOnce <= 1 && system.Alive.Count == 0 && system.All.All(fake => fake.IsDisposed);
    }

    private static void Take(Step step, ManagedProcess process, FakeSystem system, ManualTimeProvider clock, List<Task> commands)
    {
        switch (step)
        {
            case Step.Start:
                commands.Add(process.StartAsync().AsTask());
                break;
            case Step.Stop:
                commands.Add(process.StopAsync().AsTask());
                break;
            case Step.StopAndWait:
                commands.Add(process.StopAndWaitAsync().AsTask());
                break;
            case Step.Kill:
                commands.Add(process.KillAsync().AsTask());
                break;
            case Step.Restart:
                commands.Add(process.RestartAsync().AsTask());
                break;
            case Step.Ends or Step.Crashes when system.All.Count > 0:
                system.Last.Exit(step == Step.Ends ? 0 : 1);
                break;
            case Step.LeavesSomebody when system.All.Count > 0:
                system.Last.HasLeftovers = true;
                break;
            case Step.TimePasses:
                clock.Advance(TimeSpan.FromSeconds(40));
                break;
            case Step.EndsAreRefused or Step.EndsAreAllowed:
                system.EndFails = () => step == Step.EndsAreRefused ? new Denied("rule", "because", "ask") : null;
                break;
            case Step.SpawnsFail or Step.SpawnsWork:
                system.SpawnFails = () => step == Step.SpawnsFail ? new NotFound("it", "look") : null;
                break;
            case Step.TerminateIsIgnored or Step.TerminateIsMinded:
                system.MindsTerminate = step == Step.TerminateIsMinded;
                break;
            default:
                break;
        }
    }
}
