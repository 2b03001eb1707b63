using Osl.Executors.Handlers;
using Osl.Executors.Streams;
using Osl.Operations;
using Osl.Operations.Facts;
using Osl.Operations.Processes;

namespace Osl.Executors;

/// <summary>
/// The seam between what Osl means and what one platform does. How each member is done in Win32 stands in
/// adr/0007-platform-seam.md. Members never throw for what the system answers; they are thread-safe.
/// </summary>
internal interface IPlatformExecutor : IProcessTable, IAsyncDisposable
{
    /// <summary>What this platform and machine can do.</summary>
    PlatformCapabilities Capabilities { get; }

    /// <summary>
    /// Finds and opens a program: a bare name in <paramref name="searchPath"/>, a relative path from
    /// <paramref name="workingDirectory"/>, an absolute path as it stands. Changes nothing.
    /// </summary>
    /// <returns>NotFound (program or directory), or SpawnFailed / PermissionRefused for what is found and can't be run.</returns>
    OneOf<ExecutableLease, OperationError> OpenExecutable(string program, string workingDirectory, IReadOnlyList<string> searchPath);

    /// <summary>
    /// Starts a program. When it returns a process, the program's exec has succeeded, the process is registered, watched and
    /// guarded; when it returns an error, nothing is left.
    /// </summary>
    OneOf<LaunchedProcess, OperationError> Launch(LaunchPlan plan);

    /// <summary>
    /// Takes a process that is held into care: registered, watched, and guarded where it is Managed. When it returns an error, nothing has
    /// changed for the process. PermissionRefused where it can't be ended or put into a job.
    /// </summary>
    OneOf<LaunchedProcess, OperationError> Attach(AttachPlan plan);

    /// <summary>
    /// Finds out where the streams of a spawn lead beside pipes, and holds it. Changes nothing. NotFound, PermissionRefused, or
    /// Unsupported for what this platform has no way to do.
    /// </summary>
    OneOf<StreamLease, OperationError> HoldStreams(SpawnProcessOperation operation, string workingDirectory) =>
        UnsupportedParts.StreamsOf(operation) is { } unsupported ? unsupported : StreamLease.None;

    /// <summary>
    /// Finds and holds what the sandbox of a spawn grants. Changes nothing. NotFound, PermissionRefused for what may not be granted, or
    /// Unsupported for what this machine can't enforce.
    /// </summary>
    OneOf<SandboxLease, OperationError> HoldSandbox(SpawnProcessOperation operation, string workingDirectory) =>
        operation.Sandbox is null ? SandboxLease.None : new Unsupported("a sandbox", "Leave it out, or run on Linux.");

    /// <summary>Takes hold of one process so that its number can't come to mean another one. NotFound or StaleProcess.</summary>
    OneOf<ProcessLease, OperationError> Hold(ProcessTarget target);

    /// <summary>Takes hold of a group. NotFound when it has no living member; StaleProcess when the number means another group now.</summary>
    OneOf<GroupLease, OperationError> Hold(GroupTarget target);

    /// <summary>Whether the target is one that must never be signalled: 0, 1, -1, this process, this process's group.</summary>
    bool IsProtected(int id, bool isGroup);

    /// <summary>Living processes that carry an operation's marker and are not in its group any more.</summary>
    IReadOnlyList<ProcessRef> Escaped(GroupRef group);

    /// <summary>
    /// Looks up what account, privileges, priority, processors, limits and containment of a spawn mean here. Changes nothing. An error
    /// when this machine has no way for one of them, or nobody is of that name.
    /// </summary>
    OneOf<SpawnContext, OperationError> PrepareContext(SpawnProcessOperation operation);

    /// <summary>Completes when what notices the ends of processes has shown that it is at work; at once where there is nothing to notice.</summary>
    Task AnswersAsync();
}

/// <summary>A program that was found and is held open, so that what is judged is known by inode.</summary>
internal abstract class ExecutableLease(ExecutableFacts facts) : IDisposable
{
    public ExecutableFacts Facts { get; } = facts;

    /// <summary>The real path of the working directory it was looked for from, which is held open as well; null when it is not.</summary>
    public string? RealWorkingDirectory { get; init; }

    /// <summary>The facts with what takes longer to find out: whether the path is trusted, where that counts, and the digest.</summary>
    /// <param name="digest">Whether the policy speaks of it.</param>
    public virtual ExecutableFacts Examine(bool digest) => Facts;

    public abstract void Dispose();
}

/// <summary>What the sandbox of a spawn grants, held open, so that what is judged is what is granted.</summary>
internal class SandboxLease(SandboxFacts? facts) : IDisposable
{
    /// <summary>For a spawn that has none.</summary>
    internal static SandboxLease None { get; } = new(null);

    internal SandboxFacts? Facts { get; } = facts;

    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    protected virtual void Dispose(bool disposing) { }
}

/// <summary>One process, held: a pidfd on Linux, a handle on Windows.</summary>
internal abstract class ProcessLease(ProcessRef process) : IDisposable
{
    public ProcessRef Process { get; } = process;

    /// <summary>The registry's entry for it, when some Osl of this user started it.</summary>
    public GroupEntry? Entry { get; init; }

    /// <summary>Its line of the process table; null when it is gone (a zombie still has one).</summary>
    public abstract ProcessState? Read();

    /// <summary>The path of its program; null when that can't be told. Of no use for a decision: a process can have its own replaced.</summary>
    public virtual string? ProgramPath() => null;

    /// <summary>Sends a signal. Null, or StaleProcess (it has ended), PermissionRefused, Unsupported.</summary>
    public abstract OperationError? Signal(Signal signal);

    /// <summary>Completes when the process has ended. Cancelling ends the wait only.</summary>
    public abstract Task WaitForExitAsync(CancellationToken cancellationToken);

    public abstract void Dispose();
}

/// <summary>A process group, held.</summary>
internal abstract class GroupLease(GroupRef group) : IDisposable
{
    public GroupRef Group { get; } = group;

    /// <summary>The registry's entry for it, when some Osl of this user made it.</summary>
    public GroupEntry? Entry { get; init; }

    /// <summary>Its members now, zombies included.</summary>
    public abstract IReadOnlyList<ProcessState> Members();

    /// <summary>Who of them is alive: for who asks nothing else of them, at half the price.</summary>
    public virtual IReadOnlyList<ProcessRef> Living() => [.. Members().Where(member => member.IsAlive).Select(member => member.Process)];

    /// <summary>Sends a signal to every member at once. Null, or StaleProcess (nobody is there), PermissionRefused, Unsupported.</summary>
    public abstract OperationError? Signal(Signal signal);

    /// <summary>
    /// Completes when no member is alive, those included that are born meanwhile; the number of members seen to end. Who is alive
    /// is looked up before this returns: begin to wait, then signal, and everybody is counted. Cancelling ends the wait only.
    /// </summary>
    public abstract Task<int> WaitUntilEmptyAsync(CancellationToken cancellationToken);

    public abstract void Dispose();
}

/// <summary>A process in the executor's care, from its start or from when it was attached to.</summary>
internal interface IManagedProcess
{
    /// <summary>Makes it Detached: it survives this host and its guardian. Once; null, or why it stays Managed.</summary>
    OperationError? Detach();

    /// <summary>Completes on the pool when the process has ended and been reaped. Never faults.</summary>
    Task<ProcessExit> Exited { get; }

    /// <summary>
    /// Completes when nobody of its own group is alive, never before <see cref="Exited"/> is decided; with it when it has no group of
    /// its own. Never faults.
    /// </summary>
    Task GroupEnded { get; }
}

/// <summary>
/// A process that was just started or attached to. Owned by the executor until <see cref="Exited"/>; streams are the caller's.
/// </summary>
internal sealed record LaunchedProcess
{
    public required ProcessRef Process { get; init; }

    /// <summary>What keeps it.</summary>
    public required IManagedProcess Keeper { get; init; }

    public required int Pgid { get; init; }

    /// <summary>Null when it shares its host's group.</summary>
    public GroupRef? Group { get; init; }

    /// <summary>The job object's name on Windows.</summary>
    public string? JobId { get; init; }

    public Stream? StandardInput { get; init; }

    public Stream? StandardOutput { get; init; }

    public Stream? StandardError { get; init; }

    /// <summary>The terminal that was made for it; null for none. The caller's, as the streams are.</summary>
    public IPseudoTerminal? Terminal { get; init; }

    /// <summary>Who takes its captured streams; null when there are none.</summary>
    public CaptureSet? Captures { get; init; }

    /// <inheritdoc cref="IManagedProcess.Exited"/>
    public Task<ProcessExit> Exited
    {
        get => field ?? Keeper.Exited;
        init;
    }

    /// <inheritdoc cref="IManagedProcess.GroupEnded"/>
    public Task GroupEnded => Keeper.GroupEnded;

    /// <summary>Completes when each captured stream has ended, or after <see cref="EndCapture"/>. Never faults.</summary>
    public Task<CapturedStreams> OutputEnded => Captures?.Ended ?? CaptureSet.Nothing;

    /// <summary>Gives up captured streams that somebody still holds.</summary>
    public void EndCapture() => Captures?.GiveUp();
}
