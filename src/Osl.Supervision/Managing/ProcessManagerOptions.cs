using Osl.Operations;

namespace Osl.Supervision;

/// <summary>What can be said of a <see cref="ProcessManager"/>.</summary>
public sealed record ProcessManagerOptions
{
    /// <summary>On whose behalf processes are started, where nobody says otherwise: the host's own account.</summary>
    public OperationContext Context { get; init; } = OperationContext.Current;

    /// <summary>Where templates are; null for nowhere.</summary>
    public ITemplateStore? Templates { get; init; }

    /// <summary>
    /// How often the status of processes is looked at while somebody listens; starts and ends are told as they happen. 1 s unless said
    /// otherwise; 10 ms to a day.
    /// </summary>
    public TimeSpan StatusInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The clock of waits, of status and of what is told.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>For the jitter of restarts; null for the system's.</summary>
    internal Func<double>? Random { get; init; }
}
