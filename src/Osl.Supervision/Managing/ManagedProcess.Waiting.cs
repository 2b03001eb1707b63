using System.Threading.Channels;
using Osl.Operations;
using Osl.Operations.Processes;

namespace Osl.Supervision;

// Who waits for its end, and who is told what changes.
public sealed partial class ManagedProcess
{
    /// <summary>Listens to what changes from now on.</summary>
    /// <param name="capacity">How much is kept while the listener is busy; what is more is counted.</param>
    public Subscription<ProcessNotice> Subscribe(int capacity = EventBroadcast<ProcessNotice>.DefaultCapacity)
    {
        var subscription = _events.Subscribe(capacity);
        _manager.Watch();
        return subscription;
    }

    /// <summary>Waits until the process that runs, or is about to be started, has ended. It may be started again.</summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>How it has ended; null when none was started.</returns>
    public async Task<ProcessExit?> WaitAsync(CancellationToken cancellationToken = default)
    {
        Task<OneOf<ProcessRef, OperationError>> attempt;
        lock (_gate)
        {
            if (_live is { Exited.IsCompleted: false } running)
            {
                attempt = Task.FromResult<OneOf<ProcessRef, OperationError>>(running.Process);
            }
            else if (_loop.IsAwaited)
            {
                attempt = _attempt.Task;
            }
            else
            {
                return _lastEnd?.Exit;
            }
        }

        if (!(await attempt.WaitAsync(cancellationToken).ConfigureAwait(false)).IsT0)
        {
            return LastExit;
        }

        IRunningProcess live;
        lock (_gate)
        {
            live = _live!;
        }

        return await live.Exited.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Waits until it has ended and is not started again.</summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>How its last process has ended; null when none was started. <see cref="State"/> says whether it was given up.</returns>
    public async Task<ProcessExit?> WaitForEndAsync(CancellationToken cancellationToken = default)
    {
        Task session;
        lock (_gate)
        {
            session = _session;
        }

        await session.WaitAsync(cancellationToken).ConfigureAwait(false);
        return LastExit;
    }

    /// <summary>Begins to tell the caller's channel, which is waited for by nobody but the one who tells it.</summary>
    internal void PassOnNotices()
    {
        if (_options?.Notify is { } writer)
        {
            _ = PassOnAsync(Subscribe(), writer);
        }
    }

    private static async Task PassOnAsync(Subscription<ProcessNotice> notices, ChannelWriter<Published<ProcessNotice>> writer)
    {
        using (notices)
        {
            try
            {
                await foreach (var notice in notices.ConfigureAwait(false))
                {
                    await writer.WriteAsync(notice).ConfigureAwait(false);
                }
            }
            catch (ChannelClosedException)
            {
                // Its reader wants no more.
                return;
            }

            _ = writer.TryComplete();
        }
    }
}
