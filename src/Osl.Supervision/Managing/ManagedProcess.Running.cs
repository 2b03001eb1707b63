using Osl.Operations;
using Osl.Operations.Processes;

namespace Osl.Supervision;

// A session: its runs, one after the other.
public sealed partial class ManagedProcess
{
    /// <summary>How long the rest of an output is waited for when all that could write it should be gone.</summary>
    private static readonly TimeSpan OutputRest = TimeSpan.FromSeconds(2);

    private long _upSince;

    private async Task RunSessionAsync(int number, IRunningProcess? taken)
    {
        var isFirst = true;
        var end = await _loop
            .RunAsync(
                () =>
                {
                    var (first, live) = (isFirst, taken);
                    (isFirst, taken) = (false, null);
                    return RunOnceAsync(first, live);
                },
                CancellationToken.None
            )
            .ConfigureAwait(false);
        lock (_gate)
        {
            if (number != _sessions)
            {
                return;
            }

            if (end.Reason is { } reason)
            {
                _lastEnd = new ProcessEnd(
                    _lastEnd?.Exit,
                    new OperationFailed("restarts_exhausted", $"'{Name}' was given up: {reason}.", "Find out why it ends, then start it.")
                );
            }

            _ = _attempt.TrySetResult(Settled());
        }
    }

    /// <summary>One run. It never throws: a session that died of that would leave everybody waiting who waits for its end.</summary>
    private async Task<RunEnd<ProcessEnd>> RunOnceAsync(bool isFirst, IRunningProcess? taken)
    {
        try
        {
            return await RunAsync(isFirst, taken).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            var error = Threw("run_threw", $"Running '{Name}'", e);
            IRunningProcess? live;
            lock (_gate)
            {
                _ = _attempt.TrySetResult(error);
                _attempt = NewAttempt();
                live = _live;
                _current = null;
                // Whether something of it runs is not known, so it is not started beside that.
                _left = live is null ? null : new LeftRun(live, error);
            }

            var exit = live is { Exited.IsCompleted: true } ? await live.Exited.ConfigureAwait(false) : null;
            return new RunEnd<ProcessEnd>(Failed: true, new ProcessEnd(exit, error), IsFinal: true);
        }
    }

    private async Task<RunEnd<ProcessEnd>> RunAsync(bool isFirst, IRunningProcess? taken)
    {
        OperationContext context;
        using var start = new CancellationTokenSource();
        lock (_gate)
        {
            if (_loop.IsToEnd)
            {
                return default;
            }

            (context, _start) = (_context, start);
        }

        var (live, failure) = taken is null ? await SpawnAsync(context, start.Token).ConfigureAwait(false) : (taken, null);
        if (live is null)
        {
            bool wasTakenBack;
            lock (_gate)
            {
                _start = null;
                wasTakenBack = _loop.IsToEnd && failure is null;
                _ = _attempt.TrySetResult(failure ?? TakenBack());
                _attempt = NewAttempt();
            }

            // Whoever has started it is told, and decides; a restart that fails is one more failure, unless something may run all the same.
            return wasTakenBack
                ? default
                : new RunEnd<ProcessEnd>(
                    Failed: true,
                    new ProcessEnd(null, failure ?? TakenBack()),
                    IsFinal: isFirst || failure is null or { Effect: not OperationEffect.None }
                );
        }

        lock (_gate)
        {
            _start = null;
            _live = _current = live;
            _groupStops = new GroupStops();
            _upSince = _manager.Time.GetTimestamp();
            _startTime = taken is null ? _manager.Time.GetUtcNow() : null;
            _loop.Apply(LifecycleEvent.Up);
            _ = _attempt.TrySetResult(live.Process);
        }

        var writing = WriteOutputAsync(live);
        await Task.WhenAny(live.Exited, _released.Task).ConfigureAwait(false);
        if (!live.Exited.IsCompleted)
        {
            return default;
        }

        var exit = await live.Exited.ConfigureAwait(false);
        var ranFor = _manager.Time.GetElapsedTime(_upSince);
        bool wasAsked;
        lock (_gate)
        {
            _ = NextAttempt();
            wasAsked = _loop.IsToEnd;
        }

        Observe();
        var why = await EndLeftoversAsync(live, context).ConfigureAwait(false);
        bool isLeft;
        lock (_gate)
        {
            _current = null;
            _left = why is null ? null : new LeftRun(live, why);
            isLeft = WhyLeft() is not null;
        }

        await FinishAsync(live, writing).ConfigureAwait(false);
        // How somebody else's child has ended is not told to us: it counts as a failure, so that it comes back where a failure would.
        return new RunEnd<ProcessEnd>(
            Failed: isLeft || (!wasAsked && exit.Status is not { IsSuccess: true }),
            new ProcessEnd(exit),
            // Beside somebody of the last run it would run twice.
            IsFinal: isLeft || Template is null,
            ranFor
        );
    }

    /// <returns>Neither, where the start was taken back: nothing was started, or it was ended before its program ran.</returns>
    private async Task<(IRunningProcess? Live, OperationError? Failure)> SpawnAsync(OperationContext context, CancellationToken takenBack)
    {
        try
        {
            var outcome = await _manager.Executor.ExecuteAsync(Template!.Spawn, context, takenBack).ConfigureAwait(false);
            return outcome.TryPickT0(out var started, out var error) ? (started.Live, null) : (null, error);
        }
        catch (ObjectDisposedException)
        {
            return (null, HostErrors.Closed(Name));
        }
        catch (OperationCanceledException) when (takenBack.IsCancellationRequested)
        {
            return (null, null);
        }
        catch (Exception e)
        {
            return (null, Threw("start_threw", $"Starting '{Name}'", e));
        }
    }

    private OperationFailed TakenBack() =>
        new("process_stopped", $"'{Name}' was ended before it had started.", "Start it again if it is to run.");

    private static OperationFailed Threw(string code, string what, Exception e) =>
        new(code, $"{what} threw {e.GetType().Name}.", "See whether it still runs (osl ps).") { Effect = OperationEffect.Unknown };

    private Task WriteOutputAsync(IRunningProcess live) =>
        Task.WhenAll(
            _options?.Output is { } output && live.StandardOutput is not null
                ? WriteAsync(live, output, errors: false)
                : Task.CompletedTask,
            _options?.Error is { } error && live.StandardError is not null ? WriteAsync(live, error, errors: true) : Task.CompletedTask
        );

    private static async Task WriteAsync(IRunningProcess live, Stream writer, bool errors)
    {
        try
        {
            await live.CopyOutputAsync(writer, errors).ConfigureAwait(false);
        }
        catch (Exception)
        {
            try
            {
                // The writer is the caller's and fails as it likes, or our end of the pipe is closed. Read on, so that the process is not
                // held up by a pipe that nobody empties.
                await live.CopyOutputAsync(Stream.Null, errors).ConfigureAwait(false);
            }
            catch (Exception gone) when (gone is IOException or ObjectDisposedException)
            {
                // Our end of the pipe it was.
            }
        }
    }

    private async Task FinishAsync(IRunningProcess live, Task writing)
    {
        try
        {
            await writing.WaitAsync(OutputRest, _manager.Time).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // Somebody who has left the group holds the pipe: what it still writes is nobody's.
        }

        await live.DisposeAsync().ConfigureAwait(false);
    }
}
