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
    OneOf<IRegistration, OperationError> Reserve(LaunchPlan plan);

    /// <summary>The entry of a live group with that id, of any host of this user.</summary>
    GroupEntry? FindGroup(int pgid);

    /// <summary>The entry of a live process with that pid, of any host of this user.</summary>
    GroupEntry? FindProcess(int pid);

    /// <summary>Whether the guardian lives; null where none was needed so far.</summary>
    bool? IsGuarded => null;
}

/// <summary>One reserved entry.</summary>
internal interface IRegistration
{
    /// <summary>The process runs.</summary>
    void Started(ProcessRef process, int pgid);

    /// <summary>The launch failed, or nobody of its group is alive any more. Idempotent.</summary>
    void Ended();
}
