namespace Osl.Supervision.Services;

/// <summary>What can be said of a <see cref="ServiceManager"/>.</summary>
public sealed record ServiceManagerOptions
{
    /// <summary>What it is called within another one.</summary>
    public string Name { get; init; } = "services";

    /// <summary>How long services have to end after they were asked to: 30 s unless said otherwise; zero to 365 days.</summary>
    public TimeSpan ShutdownGracePeriod { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Whether a service that has ended is forgotten; else it is started again with the next run.</summary>
    public bool AutoCleanup { get; init; }

    /// <summary>The clock of the grace period and of the events.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;
}
