using Osl.Operations;
using Osl.Operations.Processes;

namespace Osl.Supervision.Trees;

/// <summary>
/// What is known, beyond the end of a host, of processes that go on without it: by the name of the child they belong to. So a child that
/// is run by the next host takes its process up and starts no second one (<see cref="ChildSpec.Process"/>).
/// </summary>
/// <remarks>adr/0053-detached-processes-and-the-next-host.md</remarks>
public interface IDetachedStore
{
    /// <summary>What was started under a name, as far as is known; it may have ended since.</summary>
    /// <param name="name">The name.</param>
    /// <returns>One or none; or why that can't be told: then nothing is to be started under that name.</returns>
    OneOf<IReadOnlyList<DetachedProcess>, OperationError> Find(string name);

    /// <summary>A process is about to be started under a name.</summary>
    /// <param name="name">The name.</param>
    /// <returns>Null when it is written down; else why not: then it is not to be started.</returns>
    OperationError? Starting(string name);

    /// <summary>A process was started under its name.</summary>
    /// <param name="process">Which.</param>
    /// <returns>Null when it is written down; else why not: it runs all the same, and counts as being started.</returns>
    OperationError? Started(DetachedProcess process);

    /// <summary>What was started under a name has ended, or has come to nothing.</summary>
    /// <param name="name">The name.</param>
    /// <returns>Null; else why it could not be written down, which costs a look and no more.</returns>
    OperationError? Ended(string name);
}

/// <summary>A process that goes on without the host that has started it.</summary>
/// <param name="Name">Of the child it belongs to.</param>
/// <param name="Process">Which.</param>
/// <param name="Group">The group that was made for it; null where it has none.</param>
public sealed record DetachedProcess(string Name, ProcessRef Process, GroupRef? Group);
