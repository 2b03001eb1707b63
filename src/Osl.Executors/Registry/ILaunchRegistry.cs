using Osl.Executors.Linux;
using Osl.Operations;
using Osl.Operations.Processes;

namespace Osl.Executors.Registry;

/// <summary>
/// The registry of live groups, from the side of who starts processes: an entry is reserved before a spawn, completed after it and
/// taken out when the last member is gone. What ends Managed processes when the host dies reads the same entries.
/// </summary>
internal interface ILaunchRegistry : IGroupRegistry, IAsyncDisposable
{
    /// <summary>Reserves an entry. The first Managed one brings up the guardian; without it nothing Managed is started.</summary>
    OneOf<IRegistration, OperationError> Reserve(IRegistryPlan plan);

    /// <summary>From now on a guardian that is lost is replaced while something Managed lives, not with the next reservation only.</summary>
    /// <param name="wait">Completes when the process has ended; cancelled when nobody watches any more.</param>
    void WatchGuardianWith(Func<Guardian, Task> wait)
    {
        // Where there is no guardian there is none to lose.
    }

    /// <summary>The entry of a live group with that id, of any host of this user: who made it, before who attached to its leader.</summary>
    GroupEntry? FindGroup(int pgid);

    /// <summary>The entry of exactly this group: where there are jobs, who is attached to leads one of the same number.</summary>
    GroupEntry? FindGroup(GroupRef group) =>
        FindGroup(group.Id) is { } entry && entry.Group == group ? entry : Live().FirstOrDefault(live => live.Group == group);

    /// <summary>The entry of a live process with that pid, of any host of this user: who started it, before who attached to it.</summary>
    GroupEntry? FindProcess(int pid);

    /// <summary>Whether the guardian lives; null where none was needed so far.</summary>
    bool? IsGuarded => null;

    /// <summary>The entry of a living process that was attached to for a principal.</summary>
    GroupEntry? FindAttached(ProcessRef process, string principal) =>
        Live()
            .FirstOrDefault(entry =>
                entry.Attached && entry.Process == process && string.Equals(entry.Principal, principal, StringComparison.Ordinal)
            );
}

/// <summary>What an entry of the registry says from the beginning.</summary>
internal interface IRegistryPlan
{
    OperationId Operation { get; }

    OperationContext Context { get; }

    /// <summary>The program's path.</summary>
    string Program { get; }

    ProcessLifetime Lifetime { get; }

    /// <summary>Whether the process leads a group of its own.</summary>
    bool OwnsGroup { get; }

    /// <summary>Whether the process was there before, started by somebody else.</summary>
    bool IsAttached { get; }
}

/// <summary>One reserved entry.</summary>
internal interface IRegistration
{
    /// <summary>The process runs.</summary>
    void Started(ProcessRef process, int pgid);

    /// <summary>It is Managed no longer: nobody ends it when this host is gone.</summary>
    void Detached();

    /// <summary>The launch failed, or nobody of its group is alive any more. Idempotent.</summary>
    void Ended();
}
