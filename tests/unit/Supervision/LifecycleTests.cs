using FsCheck;
using FsCheck.Fluent;
using Osl.Supervision;
using Xunit;

namespace Osl.Tests.Unit.Supervision;

public sealed class LifecycleTests
{
    /// <summary>The table once more, as people would tell it: state, event, next state. What is not here can't happen.</summary>
    private static readonly string[] Told =
    [
        "Idle Start Starting",
        "Idle Stop Idle",
        "Starting Start Starting",
        "Starting Up Running",
        "Starting Stop Stopping",
        "Starting Down Ended",
        "Starting Fault Failed",
        "Starting Again Waiting",
        "Running Start Running",
        "Running Stop Stopping",
        "Running Down Ended",
        "Running Fault Failed",
        "Running Refused Running",
        "Running Again Waiting",
        "Waiting Start Starting",
        "Waiting Stop Ended",
        "Waiting Retry Starting",
        "Stopping Up Stopping",
        "Stopping Stop Stopping",
        "Stopping Down Ended",
        "Stopping Fault Failed",
        "Stopping GraceOver Abandoned",
        "Stopping Refused Running",
        "Ended Start Starting",
        "Ended Stop Ended",
        "Ended Retry Ended",
        "Ended GraceOver Ended",
        "Ended Refused Ended",
        "Failed Start Starting",
        "Failed Stop Failed",
        "Failed Retry Failed",
        "Failed GraceOver Failed",
        "Failed Refused Failed",
        "Abandoned Up Abandoned",
        "Abandoned Stop Abandoned",
        "Abandoned Down Ended",
        "Abandoned Fault Failed",
        "Abandoned GraceOver Abandoned",
        "Abandoned Refused Abandoned",
    ];

    [Fact]
    public void The_table_is_as_told() =>
        Assert.Equal(
            Told.Order(StringComparer.Ordinal),
            (
                from state in Enum.GetValues<LifecycleState>()
                from what in Enum.GetValues<LifecycleEvent>()
                where Lifecycle.Next(state, what) is not null
                select $"{state} {what} {Lifecycle.Next(state, what)}"
            ).Order(StringComparer.Ordinal)
        );

    [Fact]
    public void Whatever_happens_a_stop_leads_to_an_end_and_what_runs_twice_was_started_twice() =>
        Prop.ForAll(
                ArbMap.Default.GeneratorFor<LifecycleEvent>().ArrayOf(40).ToArbitrary(),
                events =>
                {
                    var life = new Lifecycle();
                    var running = false;
                    foreach (var what in events.Where(life.Can))
                    {
                        var before = life.State;
                        life.Apply(what);
                        // Whatever has something running is not brought to Starting again: nothing runs twice.
                        if (running && life.State == LifecycleState.Starting && before != LifecycleState.Starting)
                        {
                            return false;
                        }

                        running = life.IsAlive;
                    }

                    // Asked to end, and its time over: nobody waits any longer, wherever it stood.
                    life.Apply(LifecycleEvent.Stop);
                    if (life.IsAwaited)
                    {
                        life.Apply(LifecycleEvent.GraceOver);
                    }

                    return life.State is LifecycleState.Idle or LifecycleState.Ended or LifecycleState.Failed or LifecycleState.Abandoned;
                }
            )
            .QuickCheckThrowOnFailure();

    [Fact]
    public void What_can_not_happen_is_a_defect_and_changes_nothing()
    {
        var life = new Lifecycle();
        Assert.Throws<InvalidOperationException>(() => life.Apply(LifecycleEvent.Up));
        Assert.Equal(LifecycleState.Idle, life.State);
    }
}
