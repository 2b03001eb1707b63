using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Osl.Hosting;

namespace Osl.Extensions.Hosting;

/// <summary>
/// Makes the Osl host when the application starts and ends it when the application stops.
/// </summary>
/// <remarks>
/// The application's hosted services may need Osl until they have stopped, so the end comes after them (StoppedAsync). But one of them
/// may be waiting for the very program that is to be ended: so when only the reserve of the shutdown time is left, the end begins whoever
/// has stopped by then, and nobody is given time any more.
/// </remarks>
internal sealed partial class OslLifetime(
    OslHost osl,
    IOptions<OslSettings> settings,
    IOptions<HostOptions> options,
    TimeProvider time,
    ILogger<OslLifetime> logger
) : IHostedLifecycleService, IAsyncDisposable
{
    private CancellationTokenSource? _urgent;
    private CancellationTokenRegistration _atLatest;
    private int _hurried;

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken)
    {
        var whole = options.Value.ShutdownTimeout;
        _urgent =
            whole == Timeout.InfiniteTimeSpan
                ? new CancellationTokenSource()
                : new CancellationTokenSource(Later(whole - settings.Value.ShutdownReserve), time);
        _atLatest = _urgent.Token.UnsafeRegister(static self => ((OslLifetime)self!).Hurry(), this);
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task StoppedAsync(CancellationToken cancellationToken)
    {
        // The host's own word comes before ours where it has less time than it said.
        using var urgent = CancellationTokenSource.CreateLinkedTokenSource(_urgent?.Token ?? CancellationToken.None, cancellationToken);
        await osl.ShutDownAsync(urgent.Token).ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        await _atLatest.DisposeAsync().ConfigureAwait(false);
        _urgent?.Dispose();
    }

    private static TimeSpan Later(TimeSpan time) => time > TimeSpan.Zero ? time : TimeSpan.Zero;

    private void Hurry()
    {
        if (Interlocked.Exchange(ref _hurried, 1) == 0)
        {
            LogUrgent(settings.Value.ShutdownReserve);
            _ = osl.ShutDownAsync(new CancellationToken(canceled: true));
        }
    }

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "No more than {Reserve} of the shutdown time is left: what Osl still runs is killed now"
    )]
    private partial void LogUrgent(TimeSpan reserve);
}
