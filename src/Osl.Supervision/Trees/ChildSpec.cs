using Osl.Operations;
using Osl.Operations.Processes;

namespace Osl.Supervision.Trees;

/// <summary>After which ends a child is started again.</summary>
public enum ChildKind
{
    /// <summary>After every end that was not asked for: it is meant to run for ever.</summary>
    Permanent,

    /// <summary>After failures only: when it has done its work, it stays ended.</summary>
    Transient,

    /// <summary>After none; nor when others are started again.</summary>
    Temporary,
}

/// <summary>What a supervisor is told of a child.</summary>
public sealed record ChildSpec
{
    /// <summary>Names the child and says how it is made.</summary>
    /// <param name="name">See <see cref="Name"/>.</param>
    /// <param name="factory">See <see cref="Factory"/>.</param>
    public ChildSpec(string name, Func<IChild> factory)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(factory);
        Name = name;
        Factory = factory;
    }

    /// <summary>What it is called in events and errors; once in a supervisor.</summary>
    public string Name { get; }

    /// <summary>Makes it, for each start anew: what has failed is never used again.</summary>
    public Func<IChild> Factory { get; }

    /// <summary>After which ends it is started again.</summary>
    public ChildKind Kind { get; init; }

    /// <summary>
    /// The wait before a restart: of the policy only InitialDelay, Factor, MaxDelay, Jitter and HealthyAfter; how often is the
    /// supervisor's to say. 200 ms, doubled up to 30 s, unless said otherwise.
    /// </summary>
    public RestartPolicy Backoff { get; init; } = RestartPolicy.Always;

    /// <summary>How long it has to end after it was asked to; then it is abandoned. Null: 5 s, for a supervisor what its own children need.</summary>
    public TimeSpan? Grace { get; init; }

    /// <summary>How its OS processes are ended after it: SIGTERM, 5 s, SIGKILL unless said otherwise.</summary>
    public StopSequence Cleanup { get; init; } = StopSequence.Graceful(TimeSpan.FromSeconds(5));

    /// <summary>On whose behalf it is run: its restarts and the ending of its processes too. The host's own account unless said otherwise.</summary>
    public OperationContext Context { get; init; } = OperationContext.Current;

    /// <summary>A child that is one OS process, in a group of its own.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="executor">By whom it is started, each time judged and recorded.</param>
    /// <param name="operation">What is started. Without a group of its own it gets one.</param>
    /// <param name="context">On whose behalf; null for the host's own account.</param>
    /// <param name="detached">
    /// Where a Detached process is written down, so that the child takes it up in the next host too; null when it is to be forgotten with this
    /// one. Who may not attach to it (policy) starts no second one either: the child fails.
    /// </param>
    public static ChildSpec Process(
        string name,
        IOperationExecutor executor,
        SpawnProcessOperation operation,
        OperationContext? context = null,
        IDetachedStore? detached = null
    )
    {
        ArgumentNullException.ThrowIfNull(executor);
        ArgumentNullException.ThrowIfNull(operation);
        var asked = context ?? OperationContext.Current;
        var keeper = new ProcessKeeper(operation.Lifetime == ProcessLifetime.Detached ? detached : null);
        // As a whole it can be ended only when it has a group.
        var start = operation.ProcessGroup.Placement == ProcessGroupPlacement.Inherit ? operation.WithNewProcessGroup() : operation;
        return new ChildSpec(name, () => new ProcessChild(name, executor, start, asked, keeper))
        {
            Context = asked,
            Cleanup = operation.StopSequence,
        };
    }
}
