using System.Runtime.InteropServices;

namespace Osl.Supervision.Services;

/// <summary>
/// Turns signals of the host's process into messages: SIGTERM and SIGINT into a shutdown, SIGHUP into a reload; on Windows Ctrl-C and
/// the closing of the console. While it runs it decides what these signals do to the host; a second SIGINT does what it did before:
/// it ends the host at once.
/// </summary>
/// <param name="target">Who is told: as a rule the handle of the manager that this service is part of.</param>
/// <param name="failed">Told what a target has thrown; null where nobody asks.</param>
public sealed class SignalReceiver(IProcessControlHandler target, Action<Exception>? failed = null) : IRunnable
{
    private readonly IProcessControlHandler _target = target ?? throw new ArgumentNullException(nameof(target));
    private readonly RuntimeGuard _guard = new();
    private int _interrupts;

    /// <inheritdoc/>
    public string Name => "signals";

    /// <inheritdoc/>
    public IProcessControlHandler Handle => _guard.Handle;

    /// <inheritdoc/>
    public async Task RunAsync(CancellationToken abandoned)
    {
        _interrupts = 0;
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context => Take(context, RuntimeControlMessage.Shutdown));
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Interrupt);
        using var hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, context => Take(context, RuntimeControlMessage.Reload));
        using var ticker = _guard.CreateTicker();
        while (await ticker.NextAsync(abandoned).ConfigureAwait(false) != RuntimeControlMessage.Shutdown)
        {
            // Nothing else means anything to it.
        }
    }

    private void Interrupt(PosixSignalContext context)
    {
        if (Interlocked.Increment(ref _interrupts) == 1)
        {
            Take(context, RuntimeControlMessage.Shutdown);
        }
    }

    private void Take(PosixSignalContext context, RuntimeControlMessage message)
    {
        context.Cancel = true;
        // Not waited for: the handler's thread takes the signals that follow.
        _ = SendAsync(message);
    }

    private async Task SendAsync(RuntimeControlMessage message)
    {
        try
        {
            await Task.Run(() => _target.SendAsync(message)).ConfigureAwait(false);
        }
        catch (Exception e) when (failed is not null)
        {
            failed(e);
        }
    }
}
