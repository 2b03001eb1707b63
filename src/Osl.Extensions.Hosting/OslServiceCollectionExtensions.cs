using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Osl.Hosting;
using Osl.Operations;
using Osl.Supervision.Services;
using Serilog;

namespace Osl.Extensions.Hosting;

/// <summary>Osl in a Microsoft.Extensions.Hosting host (adr/0047-in-the-hosts-world.md).</summary>
public static class OslServiceCollectionExtensions
{
    /// <summary>
    /// One <see cref="OslHost"/> for the application, as itself and as <see cref="IOperationExecutor"/>. It is made when the host starts,
    /// so that what is wrong with settings or policies stops the start; the host's shutdown ends what Osl runs after all hosted services
    /// have stopped, at the latest when <see cref="OslSettings.ShutdownReserve"/> of HostOptions.ShutdownTimeout is left.
    /// </summary>
    /// <param name="services">The application's services.</param>
    /// <param name="configure">What differs from the section <see cref="OslSettings.Section"/> of the configuration.</param>
    /// <param name="compose">What only code can say: policies, approvers, operations of the application's own.</param>
    public static IServiceCollection AddOsl(
        this IServiceCollection services,
        Action<OslSettings>? configure = null,
        Action<OslHostOptions, IServiceProvider>? compose = null
    )
    {
        ArgumentNullException.ThrowIfNull(services);
        var settings = services.AddOptions<OslSettings>().BindConfiguration(OslSettings.Section).ValidateOnStart();
        if (configure is not null)
        {
            settings.Configure(configure);
        }

        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<OslSettings>, OslSettingsValidator>());
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton(provider => Create(provider, compose));
        services.TryAddSingleton<IOperationExecutor>(provider => provider.GetRequiredService<OslHost>());
        // First, so that it is there before any hosted service starts something.
        services.Insert(0, ServiceDescriptor.Singleton<IHostedService, OslLifetime>());
        return services;
    }

    /// <summary>
    /// Services that run with the application: started with it, told to shut down when it stops. When one fails, the application stops,
    /// as HostOptions.BackgroundServiceExceptionBehavior says. Who receives the signals is the application's host.
    /// </summary>
    /// <param name="services">The application's services.</param>
    /// <param name="manager">Makes the manager and its services.</param>
    public static IServiceCollection AddOslServices(this IServiceCollection services, Func<IServiceProvider, ServiceManager> manager)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(manager);
        return services.AddSingleton<IHostedService>(provider => new HostedServiceManager(
            manager(provider),
            provider.GetRequiredService<ILogger<HostedServiceManager>>()
        ));
    }

    /// <summary>A health check of the application's <see cref="OslHost"/>: journal, policy, watcher and guardian.</summary>
    /// <param name="builder">The application's health checks.</param>
    /// <param name="name">What the check is called.</param>
    /// <param name="tags">Its tags.</param>
    public static IHealthChecksBuilder AddOsl(this IHealthChecksBuilder builder, string name = "osl", IEnumerable<string>? tags = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.AddCheck<OslHealthCheck>(name, failureStatus: null, tags ?? []);
    }

    private static OslHost Create(IServiceProvider provider, Action<OslHostOptions, IServiceProvider>? compose)
    {
        var settings = provider.GetRequiredService<IOptions<OslSettings>>().Value;
        return OslHost.Create(options =>
        {
            options.UseTimeProvider(provider.GetRequiredService<TimeProvider>());
            if (provider.GetService<ILoggerFactory>() is { } loggers)
            {
                options.UseLogger(
                    new LoggerConfiguration()
                        .MinimumLevel.Verbose()
                        .WriteTo.Sink(new ForwardingSink(loggers.CreateLogger("Osl.Audit")))
                        .CreateLogger()
                );
            }

            if (provider.GetService<IMeterFactory>() is { } meters)
            {
                options.UseMeterFactory(meters);
            }

            foreach (var file in settings.PolicyFiles)
            {
                options.UsePolicyFile(file);
            }

            if (settings.AuditDirectory is { } audit)
            {
                options.UseAuditDirectory(audit);
            }

            if (settings.RegistryDirectory is { } registry)
            {
                options.UseRegistryDirectory(registry);
            }

            if (settings.AlwaysSyncIntents)
            {
                options.AlwaysSyncIntents();
            }

            compose?.Invoke(options, provider);
        });
    }
}
