using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Osl.Operations;
using Osl.Supervision.Services;
using Osl.Supervision.Trees;

namespace Osl.Extensions.Hosting;

/// <summary>Supervision trees in an application.</summary>
public static class OslSupervisorExtensions
{
    /// <summary>
    /// One supervisor for the application, as itself: started with it, its children ended with it; when it gives up, the application
    /// stops, as HostOptions.BackgroundServiceExceptionBehavior says.
    /// </summary>
    /// <param name="services">The application's services, with Osl (<see cref="OslServiceCollectionExtensions.AddOsl(IServiceCollection, Action{OslSettings}, Action{Osl.Hosting.OslHostOptions, IServiceProvider})"/>).</param>
    /// <param name="configure">Adds the children.</param>
    /// <param name="options">What differs from the defaults.</param>
    public static IServiceCollection AddOslSupervisor(
        this IServiceCollection services,
        Action<Supervisor, IServiceProvider> configure,
        SupervisorOptions? options = null
    )
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configure);
        services.AddSingleton(provider =>
        {
            var supervisor = new Supervisor("supervisor", provider.GetRequiredService<IOperationExecutor>(), options);
            configure(supervisor, provider);
            return supervisor;
        });
        return services.AddOslServices(provider =>
        {
            var supervisor = provider.GetRequiredService<Supervisor>();
            var manager = new ServiceManager(
                new ServiceManagerOptions
                {
                    Name = "osl",
                    // The supervisor's own times bound its end; the application's bound it once more.
                    ShutdownGracePeriod = TimeSpan.FromHours(1),
                }
            );
            manager.Insert(supervisor);
            return manager;
        });
    }

    /// <summary>
    /// A health check of the application's <see cref="Supervisor"/>: unhealthy when it has given up or could not end somebody, degraded when
    /// a child was given up or abandoned.
    /// </summary>
    /// <param name="builder">The application's health checks.</param>
    /// <param name="name">What the check is called.</param>
    /// <param name="tags">Its tags.</param>
    public static IHealthChecksBuilder AddOslSupervisor(
        this IHealthChecksBuilder builder,
        string name = "osl-supervisor",
        IEnumerable<string>? tags = null
    )
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.AddCheck<SupervisorHealthCheck>(name, failureStatus: null, tags ?? []);
    }

    private sealed class SupervisorHealthCheck(Supervisor supervisor) : IHealthCheck
    {
        public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
        {
            var problems = supervisor.Problems;
            var data = supervisor.Children.ToDictionary(
                child => child.Name,
                child => (object)$"{child.State}, started {child.Starts} times",
                StringComparer.Ordinal
            );
            return Task.FromResult(
                problems.Count == 0 ? HealthCheckResult.Healthy("All children are in order.", data)
                : supervisor.IsBroken ? new HealthCheckResult(context.Registration.FailureStatus, string.Join("; ", problems), data: data)
                : HealthCheckResult.Degraded(string.Join("; ", problems), data: data)
            );
        }
    }
}
