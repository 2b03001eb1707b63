using static Osl.Supervision.LifecycleState;

namespace Osl.Supervision;

/// <summary>
/// The one state machine of all that is supervised. What is not in the table can't happen: whoever applies it has a defect, and is
/// told so at once. Not thread-safe: its owner's lock guards it.
/// </summary>
internal sealed class Lifecycle
{
    private const LifecycleState No = (LifecycleState)(-1);

    /// <summary>The next state by state (rows) and event (columns).</summary>
    private static readonly LifecycleState[][] Table =
    [
        //            Start     Up       Stop      Down   Fault   Again    Retry     GraceOver  Refused
        /* Idle      */[
            Starting,
            No,
            Idle,
            No,
            No,
            No,
            No,
            No,
            No,
        ],
        /* Starting  */[Starting, Running, Stopping, Ended, Failed, Waiting, No, No, No],
        /* Running   */[Running, No, Stopping, Ended, Failed, Waiting, No, No, Running],
        /* Waiting   */[Starting, No, Ended, No, No, No, Starting, No, No],
        // Whoever was asked to end while being started comes up first.
        /* Stopping  */[
            No,
            Stopping,
            Stopping,
            Ended,
            Failed,
            No,
            No,
            Abandoned,
            Running,
        ],
        // A timer that is just firing, or an answer, comes too late and changes nothing.
        /* Ended     */[
            Starting,
            No,
            Ended,
            No,
            No,
            No,
            Ended,
            Ended,
            Ended,
        ],
        /* Failed    */[Starting, No, Failed, No, No, No, Failed, Failed, Failed],
        // It still runs: it can't be started, and may end after all.
        /* Abandoned */[
            No,
            Abandoned,
            Abandoned,
            Ended,
            Failed,
            No,
            No,
            Abandoned,
            Abandoned,
        ],
    ];

    /// <summary>Where it stands.</summary>
    internal LifecycleState State { get; private set; }

    /// <summary>Whether something of it runs, as far as is known.</summary>
    internal bool IsAlive => State is Starting or Running or Stopping or Abandoned;

    /// <summary>Whether whoever waits for its end waits longer.</summary>
    internal bool IsAwaited => State is Starting or Running or Waiting or Stopping;

    /// <summary>Whether this can happen now.</summary>
    internal bool Can(LifecycleEvent what) => Next(State, what) is not null;

    /// <summary>It happens.</summary>
    /// <returns>Whether the state has changed.</returns>
    /// <exception cref="InvalidOperationException">It can't happen in this state.</exception>
    internal bool Apply(LifecycleEvent what)
    {
        var before = State;
        State = Next(before, what) ?? throw new InvalidOperationException($"{what} can't happen in state {before}.");
        return State != before;
    }

    /// <summary>What the table says; null for what can't happen.</summary>
    internal static LifecycleState? Next(LifecycleState state, LifecycleEvent what) =>
        Table[(int)state][(int)what] is var next && next == No ? null : next;
}
