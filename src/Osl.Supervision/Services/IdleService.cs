namespace Osl.Supervision.Services;

/// <summary>Does nothing until it is told to end: keeps a <see cref="ServiceManager"/> running to which services are added later.</summary>
/// <param name="name">What it is called.</param>
public sealed class IdleService(string name = "idle") : IRunnable
{
    private readonly RuntimeGuard _guard = new();

    /// <inheritdoc/>
    public string Name => name;

    /// <inheritdoc/>
    public IProcessControlHandler Handle => _guard.Handle;

    /// <inheritdoc/>
    public async Task RunAsync(CancellationToken abandoned)
    {
        using var ticker = _guard.CreateTicker();
        while (await ticker.NextAsync(abandoned).ConfigureAwait(false) != RuntimeControlMessage.Shutdown)
        {
            // Nothing else means anything to it.
        }
    }
}
