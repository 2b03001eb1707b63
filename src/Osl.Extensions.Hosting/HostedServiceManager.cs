using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Osl.Supervision.Services;

namespace Osl.Extensions.Hosting;

/// <summary>A <see cref="ServiceManager"/> as a hosted service of an application.</summary>
internal sealed partial class HostedServiceManager(ServiceManager manager, ILogger<HostedServiceManager> logger) : BackgroundService
{
    /// <inheritdoc/>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken).ConfigureAwait(false);
        if (ExecuteTask is { IsCompleted: false } && manager.Unfinished.ToArray() is { Length: > 0 } unfinished)
        {
            // The application gives up before the manager does: whom it leaves behind is still said.
            LogUnfinished(manager.Name, unfinished);
        }
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var outcome = await manager.RunToEndAsync(stoppingToken).ConfigureAwait(false);
        if (outcome.Abandoned.Count > 0)
        {
            LogUnfinished(manager.Name, outcome.Abandoned);
        }

        if (outcome.Failure is not null)
        {
            outcome.EnsureSuccess();
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Services of {Manager} have not ended in time: {Services}")]
    private partial void LogUnfinished(string manager, IReadOnlyList<string> services);
}
