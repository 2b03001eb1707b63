using Osl.Supervision.Services;

namespace Osl.Supervision.Trees;

/// <summary>One run of a child: the child's own code, called outside of every lock. Tells its supervisor when it is up and when it has ended.</summary>
/// <param name="spec">What is run.</param>
/// <param name="nested">Told of what happens in a child that is a supervisor.</param>
/// <param name="abandoned">Cancelled when it is given up. Not disposed of: whoever gives it up may be about to cancel it, and it holds nothing.</param>
internal sealed class ChildRun(ChildSpec spec, Action<SupervisorEvent> nested, CancellationTokenSource abandoned)
{
    private readonly Lock _gate = new();
    private volatile IChild? _child;
    private bool _isToEnd;

    /// <summary>The child; null before it was made.</summary>
    internal IChild? Child => _child;

    /// <summary>Its grace where its specification names none.</summary>
    internal TimeSpan Grace => spec.Grace ?? (_child as Supervisor)?.LongestStop ?? Supervisor.DefaultGrace;

    internal bool WasAbandoned => abandoned.IsCancellationRequested;

    /// <summary>Makes the child and runs it to its end.</summary>
    /// <returns>What it has thrown; null when it ended well.</returns>
    internal async Task<Exception?> RunAsync(Action up)
    {
        try
        {
            var child = spec.Factory() ?? throw new InvalidOperationException($"The factory of '{spec.Name}' made nothing.");
            if (child is Supervisor supervisor)
            {
                supervisor.Upwards = told => nested(told.Under(spec.Name));
            }

            lock (_gate)
            {
                _child = child;
                if (_isToEnd)
                {
                    return null;
                }
            }

            var run = child.RunAsync(abandoned.Token);
            var isUp = child.Up;
            if (isUp.IsCompletedSuccessfully)
            {
                up();
            }
            else
            {
                _ = TellUpAsync(isUp, up);
            }

            await run.ConfigureAwait(false);
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
        lock (_gate)
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
    private static async Task TellUpAsync(Task isUp, Action up)
    {
        await isUp.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (isUp.IsCompletedSuccessfully)
        {
            up();
        }
    }
}
