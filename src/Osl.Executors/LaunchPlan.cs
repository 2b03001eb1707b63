using Osl.Executors.Registry;
using Osl.Executors.Streams;
using Osl.Operations;
using Osl.Operations.Processes;

namespace Osl.Executors;

/// <summary>One launch, all questions answered: what to run, where, with what.</summary>
internal sealed class LaunchPlan : IRegistryPlan
{
    public required OperationId Operation { get; init; }

    public required OperationContext Context { get; init; }

    /// <summary>The program, held open. Belongs to the prepared operation, which disposes it.</summary>
    public required ExecutableLease Executable { get; init; }

    /// <summary>A script is started by its real path (<see cref="Operations.Policies.PolicyDecision.ByRealPath"/>).</summary>
    public bool ByRealPath { get; init; }

    /// <summary>All arguments in the clear, the program's own name first.</summary>
    public required IReadOnlyList<string> Arguments { get; init; }

    /// <summary>The whole environment as NAME=value, the marker included.</summary>
    public required IReadOnlyList<string> Environment { get; init; }

    /// <summary>Absolute.</summary>
    public required string WorkingDirectory { get; init; }

    public required ProcessGroupPlacement Placement { get; init; }

    /// <summary>The held group to join; set for JoinGroup only.</summary>
    public GroupLease? JoinGroup { get; init; }

    /// <summary>setsid: a session, hence a group, of its own.</summary>
    public bool NewSession { get; init; }

    public bool ForegroundTerminal { get; init; }

    public ProcessLifetime Lifetime { get; init; }

    public StandardInputKind StandardInput { get; init; }

    /// <summary>For input from a text.</summary>
    public string? InputText { get; init; }

    /// <summary>For input from another process: what the caller could read of it. Disposed once the child has it.</summary>
    public Stream? InputFrom { get; init; }

    /// <summary>What prepare holds for the streams. Belongs to the prepared operation, which disposes it.</summary>
    public StreamLease? Streams { get; init; }

    public required StandardOutputConfig StandardOutput { get; init; }

    public required StandardOutputConfig StandardError { get; init; }

    /// <summary>Nice value; null for the host's. This and the rest: as IPlatformExecutor.PrepareContext has let through.</summary>
    public int? Nice { get; init; }

    /// <summary>The CPUs it may run on; empty for the host's.</summary>
    public ValueList<int> CpuAffinity { get; init; }

    public ResourceLimits? Limits { get; init; }

    /// <summary>Whom it runs as; null for the host's own account.</summary>
    public LaunchAccount? Account { get; init; }

    public PrivilegeConfig? Privileges { get; init; }

    public IoPriority? IoPriority { get; init; }

    /// <summary>File mode creation mask; null for the host's.</summary>
    public int? Umask { get; init; }

    /// <summary>What holds it together at least. Groups and sessions are in the placement already.</summary>
    public Containment Containment { get; init; }

    /// <summary>Whether it asks for another context than the host's; without one nothing has to be set up for it.</summary>
    public bool HasOwnContext =>
        Account is not null
        || Privileges is not null
        || Limits is not null
        || Nice is not null
        || Umask is not null
        || IoPriority is not null
        || CpuAffinity.Count > 0
        || Containment >= Containment.Cgroup;

    /// <summary>Whether it gets a terminal of its own.</summary>
    public bool HasTerminal => StandardOutput.Kind == StandardOutputKind.Terminal;

    /// <summary>Whether the process leads a session of its own: what is detached or has a terminal of its own always does.</summary>
    public bool OwnsSession => NewSession || HasTerminal || Lifetime == ProcessLifetime.Detached;

    /// <summary>Whether the process leads a group of its own.</summary>
    public bool OwnsGroup => OwnsSession || Placement == ProcessGroupPlacement.NewGroup;

    string IRegistryPlan.Program => Executable.Facts.Path;

    bool IRegistryPlan.IsAttached => false;
}
