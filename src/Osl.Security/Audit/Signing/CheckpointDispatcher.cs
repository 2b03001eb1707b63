using System.Globalization;

namespace Osl.Security.Audit;

/// <summary>Brings checkpoints to the sink, beside the writers: a sink that fails or hangs is told of and holds up nobody.</summary>
internal sealed class CheckpointDispatcher(
    ICheckpointSink sink,
    TimeSpan patience,
    TimeProvider clock,
    Action<AuditCheckpoint?, string?> told
)
{
    private readonly Lock _gate = new();
    private AuditCheckpoint? _waiting;
    private AuditCheckpoint? _failed;
    private Task _running = Task.CompletedTask;
    private bool _isRunning;

    /// <summary>The next to bring. It takes the place of one that still waits, for it covers all that one does.</summary>
    internal void Offer(AuditCheckpoint checkpoint)
    {
        lock (_gate)
        {
            _waiting = checkpoint;
            _failed = null;
            if (!_isRunning)
            {
                _isRunning = true;
                _running = Task.Run(RunAsync);
            }
        }
    }

    /// <summary>Waits, no longer than for one attempt, until all is brought; the last one is tried once more if it failed.</summary>
    internal async Task FinishAsync()
    {
        Task running;
        lock (_gate)
        {
            if (_failed is { } failed && !_isRunning)
            {
                _waiting = failed;
                _isRunning = true;
                _running = Task.Run(RunAsync);
            }

            running = _running;
        }

        try
        {
            await running.WaitAsync(patience, clock).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // RunAsync has told of it, or is about to.
        }
    }

    private async Task RunAsync()
    {
        while (true)
        {
            AuditCheckpoint checkpoint;
            lock (_gate)
            {
                if (_waiting is null)
                {
                    _isRunning = false;
                    return;
                }

                (checkpoint, _waiting) = (_waiting, null);
            }

            await BringAsync(checkpoint).ConfigureAwait(false);
        }
    }

    private async Task BringAsync(AuditCheckpoint checkpoint)
    {
        using var timeout = new CancellationTokenSource(patience, clock);
        Task? keeping = null;
        try
        {
            keeping = sink.KeepAsync(checkpoint, timeout.Token);
            await keeping.WaitAsync(timeout.Token).ConfigureAwait(false);
            told(checkpoint, null);
        }
#pragma warning disable CA1031 // A sink is the host's: whatever it throws is told of.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            lock (_gate)
            {
                _failed = checkpoint;
            }

            told(
                null,
                timeout.IsCancellationRequested
                    ? string.Create(CultureInfo.InvariantCulture, $"the checkpoint sink took more than {patience.TotalSeconds} s")
                    : $"the checkpoint sink failed: {failure.Message}"
            );
            if (keeping is not null)
            {
                // One at a time, even if it does not heed the cancellation; checkpoints meanwhile take each other's place.
                await keeping.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }
}
