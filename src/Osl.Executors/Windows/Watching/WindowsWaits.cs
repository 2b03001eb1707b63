using Osl.Interop.Windows;

namespace Osl.Executors.Windows;

/// <summary>Waits for the end of processes that leases hold.</summary>
internal sealed class WindowsWaits(TimeProvider time)
{
    /// <summary>How often is looked when the system has no room for one more wait.</summary>
    private static readonly TimeSpan LookAgain = TimeSpan.FromMilliseconds(50);

    /// <summary>Some time, for who has nothing to wait with.</summary>
    internal Task PauseAsync(CancellationToken cancellationToken) => Task.Delay(LookAgain, time, cancellationToken);

    /// <summary>Completes when the process has ended. Cancelling ends the wait only.</summary>
    internal async Task WaitAsync(Win32Handle process, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var wait = ProcessWait.TryBegin(process, static state => ((TaskCompletionSource)state!).TrySetResult(), ended, out _);
        if (wait is null)
        {
            while (!ProcessHandle.HasEnded(process))
            {
                await PauseAsync(cancellationToken).ConfigureAwait(false);
            }

            return;
        }

        try
        {
            await ended.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            wait.Cancel();
        }
    }
}
