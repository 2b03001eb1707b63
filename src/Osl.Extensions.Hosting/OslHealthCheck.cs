using Microsoft.Extensions.Diagnostics.HealthChecks;
using Osl.Hosting;
using Osl.Hosting.Health;

namespace Osl.Extensions.Hosting;

/// <summary>The application's Osl host as a health check.</summary>
internal sealed class OslHealthCheck(OslHost osl) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var health = await osl.CheckHealthAsync(cancellationToken).ConfigureAwait(false);
        var data = health.Parts.ToDictionary(part => part.Part, part => (object)$"{part.State}: {part.Message}", StringComparer.Ordinal);
        var wrong = health.Parts.Where(part => part.State != HealthState.Healthy).Select(part => $"{part.Part}: {part.Message}");
        return health.State switch
        {
            HealthState.Healthy => HealthCheckResult.Healthy("Osl can start, watch and record.", data),
            HealthState.Degraded => HealthCheckResult.Degraded(string.Join(' ', wrong), data: data),
            // What the application has registered for failures of this check.
            _ => new HealthCheckResult(context.Registration.FailureStatus, string.Join(' ', wrong), data: data),
        };
    }
}
