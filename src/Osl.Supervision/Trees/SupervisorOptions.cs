namespace Osl.Supervision.Trees;

/// <summary>Who is started again when one child has failed.</summary>
public enum RestartStrategy
{
    /// <summary>That one: the children do not depend on each other. They are started and stopped together.</summary>
    OneForOne,

    /// <summary>All: they depend on each other. Stopped in reverse order, started in order, each when the one before is up.</summary>
    OneForAll,

    /// <summary>That one and those after it: each depends on those before. Order as for <see cref="OneForAll"/>.</summary>
    RestForOne,
}

/// <summary>What can be said of a <see cref="Supervisor"/>.</summary>
public sealed record SupervisorOptions
{
    /// <summary>Who is started again.</summary>
    public RestartStrategy Strategy { get; init; }

    /// <summary>How many restarts within <see cref="Window"/> are tried, of all children together; one more, and the supervisor fails itself: 5 unless said otherwise.</summary>
    public int MaxRestarts { get; init; } = 5;

    /// <summary>The window in which restarts are counted: 60 s unless said otherwise.</summary>
    public TimeSpan Window { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>The clock of waits, graces and events.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>The same as a policy: what counts restarts has one home.</summary>
    internal RestartPolicy Intensity =>
        RestartPolicy.Always with
        {
            MaxRestarts = MaxRestarts,
            Window = Window,
            HealthyAfter = null,
            InitialDelay = TimeSpan.Zero,
            MaxDelay = TimeSpan.Zero,
        };
}
