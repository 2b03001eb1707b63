using Osl.Supervision.Services;

namespace Osl.Supervision.Trees;

/// <summary>One run of a child: the child's own code, called outside of every lock. Tells its supervisor when it is up and when it has ended.</summary>
/// <remarks>A supervisor holds one for each child that runs, so it is made of little: no closure and no lock of its own.</remarks>
/// <param name="spec">What is run.</param>
/// <param name="run">Which of its runs this is.</param>
/// <param name="above">Its supervisor.</param>
/// <param name="abandoned">Cancelled when it is given up. Not disposed of: whoever gives it up may be about to cancel it, and it holds nothing.</param>
internal sealed class ChildRun(ChildSpec spec, int run, Supervisor above, CancellationTokenSource abandoned)
{
    private volatile IChild? _child;
    private bool _isToEnd;

    /// <summary>The child; null before it was made.</summary>
    internal IChild? Child => _child;

    /// <summary>Its grace where its specification names none.</summary>
    internal TimeSpan Grace => spec.Grace ?? (_child as Supervisor)?.LongestStop ?? Supervisor.DefaultGrace;

    internal bool WasAbandoned => abandoned.IsCancellationRequested;

    /// <summary>Makes the child and runs it to its end.</summary>
    /// <returns>What it has thrown; null when it ended well.</returns>
    internal async Task<Exception?> RunAsync(ChildSlot slot)
    {
        try
        {
            var child = spec.Factory() ?? throw new InvalidOperationException($"The factory of '{spec.Name}' made nothing.");
            if (child is Supervisor supervisor)
            {
                supervisor.Upwards = told => above.TellNested(spec.Name, told);
            }

            lock (abandoned)
            {
                _child = child;
                if (_isToEnd)
                {
                    return null;
                }
            }

            var running = child.RunAsync(abandoned.Token);
            var isUp = child.Up;
            if (isUp.IsCompletedSuccessfully)
            {
                above.TellUp(slot, run);
            }
            else
            {
                _ = TellUpAsync(isUp, slot);
            }

            await running.ConfigureAwait(false);
            return null;
        }
        catch (OperationCanceledException) when (abandoned.IsCancellationRequested)
        {
            // It ends after all.
            return null;
        }
        catch (Exception e)
        {
            return e;
        }
    }

    /// <summary>Asks it to end; before it was made, it is not run at all.</summary>
    internal async Task StopAsync()
    {
        IChild? child;
        lock (abandoned)
        {
            _isToEnd = true;
            child = _child;
        }

        if (child is not null)
        {
            await child.Handle.SendAsync(RuntimeControlMessage.Shutdown).ConfigureAwait(false);
        }
    }

    /// <summary>Not waited for: what is registered there may hang as the child does.</summary>
    internal void Abandon() => _ = abandoned.CancelAsync();

    /// <summary>The processes it names. A child that can't say has none that we know of; why is told.</summary>
    internal IReadOnlyList<ChildProcessInfo> Processes(Action<Exception>? failed = null)
    {
        try
        {
            return _child?.ChildProcesses ?? [];
        }
        catch (Exception e)
        {
            failed?.Invoke(e);
            return [];
        }
    }

    /// <summary>A child that never gets up just ends, or is ended.</summary>
    private async Task TellUpAsync(Task isUp, ChildSlot slot)
    {
        await isUp.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (isUp.IsCompletedSuccessfully)
        {
            above.TellUp(slot, run);
        }
    }
}
