using Osl.Executors.Registry;
using Osl.Operations;
using Osl.Operations.Processes;

namespace Osl.Executors;

/// <summary>One attachment, all questions answered.</summary>
internal sealed class AttachPlan : IRegistryPlan
{
    public required OperationId Operation { get; init; }

    public required OperationContext Context { get; init; }

    /// <summary>The process, held. Belongs to the prepared operation, which disposes it.</summary>
    public required ProcessLease Process { get; init; }

    /// <summary>The group it is in.</summary>
    public required int Pgid { get; init; }

    /// <summary>The path of its program, or its name where that can't be told.</summary>
    public required string Program { get; init; }

    public required ProcessLifetime Lifetime { get; init; }

    /// <summary>Where there are jobs, it is put into one of its own, which is a group.</summary>
    public bool OwnsGroup => OperatingSystem.IsWindows();

    public bool IsAttached => true;
}
