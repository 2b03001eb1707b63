using Osl.Operations;
using Osl.Operations.Processes;

namespace Osl.Executors.Stopping;

/// <summary>Carries out stop sequences: signal, wait until nobody is alive, next step; confirm; say who survived.</summary>
/// <param name="time">Measures the waits.</param>
internal sealed class StopEngine(TimeProvider time)
{
    /// <summary>Ends a target by a sequence.</summary>
    /// <param name="target">Whom. Stays the caller's.</param>
    /// <param name="sequence">How.</param>
    /// <param name="cancellationToken">Sends nothing more; the report then says who is alive.</param>
    /// <returns>What came of it; with an error when it could not be seen who is alive, which is not the same as nobody.</returns>
    internal async Task<StopReport> StopAsync(IStopTarget target, StopSequence sequence, CancellationToken cancellationToken = default)
    {
        var report = new StopReport();
        try
        {
            await GoAsync(target, sequence, report, cancellationToken).ConfigureAwait(false);
        }
        catch (IOException e)
        {
            report.Error = LookErrors.Of(e);
        }

        return report;
    }

    private async Task GoAsync(IStopTarget target, StopSequence sequence, StopReport report, CancellationToken cancellationToken)
    {
        var alive = target.Alive();
        report.Affected = alive.Count;
        report.Saw(alive);
        foreach (var (index, step) in sequence.Steps.Index())
        {
            if (alive.Count == 0 || cancellationToken.IsCancellationRequested)
            {
                break;
            }

            // A platform, or a program on it, may have no gentle way: then the next step is the way.
            if (
                await StepAsync(target, step, alive.Count, report, cancellationToken).ConfigureAwait(false) is { } refused
                && (refused is not Unsupported || index == sequence.Steps.Count - 1)
            )
            {
                report.Error = refused;
                break;
            }

            alive = target.Alive();
            report.Saw(alive);
        }

        report.Survivors = alive.ToValueList();
    }

    private static OperationError? Send(IStopTarget target, Signal signal)
    {
        var refused = target.Signal(signal);
        if (refused is null && signal != Signal.Kill && signal != Signal.Stop)
        {
            // A stopped process keeps every signal but KILL and CONT pending, and whether it is stopped can't be told in time: a stop
            // takes effect when the process next runs. CONT also takes back a stop that is still pending (signal(7)).
            _ = target.Signal(Signal.Continue);
        }

        return refused;
    }

    /// <summary>One step. The wait begins before the signal is sent, so that whoever ends at once is counted too.</summary>
    private async Task<OperationError?> StepAsync(
        IStopTarget target,
        StopStep step,
        int alive,
        StopReport report,
        CancellationToken cancellationToken
    )
    {
        using var limit = new CancellationTokenSource(step.Wait, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        var waiting = target.WaitUntilGoneAsync(either.Token);
        var refused = Send(target, step.Signal);
        if (refused is null)
        {
            report.Signalled = true;
            report.Forced = step.Signal == Signal.Kill ? alive : report.Forced;
        }
        else
        {
            await either.CancelAsync().ConfigureAwait(false);
        }

        try
        {
            report.Waited += await waiting.ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (either.IsCancellationRequested)
        {
            // The step's time is over, or the caller wants no more: who is still alive is counted afresh by the caller of this.
            return refused is StaleProcess ? null : refused;
        }

        // Gone before the signal could be sent: that is what was wanted.
        return refused is StaleProcess ? null : refused;
    }
}

/// <summary>What came of a stop sequence.</summary>
internal sealed class StopReport
{
    private readonly HashSet<ProcessRef> _seen = [];

    /// <summary>Alive immediately before the first signal.</summary>
    internal int Affected { get; set; }

    /// <summary>Still alive when SIGKILL was sent.</summary>
    internal int Forced { get; set; }

    /// <summary>Seen to end during waits.</summary>
    internal int Waited { get; set; }

    /// <summary>Whether any signal was sent.</summary>
    internal bool Signalled { get; set; }

    /// <summary>The system refused a signal.</summary>
    internal OperationError? Error { get; set; }

    /// <summary>Alive at the end.</summary>
    internal ValueList<ProcessRef> Survivors { get; set; }

    /// <summary>Seen to end in all; who was born meanwhile included.</summary>
    internal int Ended => Math.Max(_seen.Count - Survivors.Count, Waited);

    internal void Saw(IReadOnlyList<ProcessRef> alive) => _seen.UnionWith(alive);
}
