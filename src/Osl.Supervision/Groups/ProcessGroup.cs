using Osl.Operations;
using Osl.Operations.Processes;

namespace Osl.Supervision.Groups;

/// <summary>
/// A set of processes that is launched, waited for and ended as one: a worker pool, or several programs with one task. On POSIX a process
/// group (setpgid(2)), on Windows a job object. Everything it does is an operation, judged and recorded. Thread-safe.
/// </summary>
/// <remarks>
/// <para>
/// Disposing it ends every member, unless it was detached. It is never copied; <see cref="Move"/> hands the members over to another object.
/// </para>
/// <para>
/// Members are what was emplaced and attached. What they start themselves is in the process group too: it is ended with it, and not
/// waited for. Why it is as it is, and what is different from the C++ proposal it follows: adr/0043-process-groups.md.
/// </para>
/// </remarks>
public sealed class ProcessGroup : IAsyncDisposable
{
    private readonly IOperationExecutor _executor;
    private readonly OperationContext _context;
    private readonly ProcessGroupOptions _options;
    private GroupCore _core;
    private int _disposed;

    /// <summary>An empty group. The process group itself is made with its first member.</summary>
    /// <param name="executor">Who does the operations.</param>
    /// <param name="context">For whom; null for the account of the host.</param>
    /// <param name="options">Null for the defaults.</param>
    public ProcessGroup(IOperationExecutor executor, OperationContext? context = null, ProcessGroupOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(executor);
        _executor = executor;
        _context = context ?? OperationContext.Current;
        _options = options ?? new ProcessGroupOptions();
        _core = new GroupCore(_executor, _context, _options);
    }

    private ProcessGroup(ProcessGroup from, GroupCore core)
        : this(from._executor, from._context, from._options) => _core = core;

    /// <summary>
    /// Takes over a process group that exists: attaches to each of its members, and ends it as a whole when it is disposed.
    /// </summary>
    /// <param name="executor">Who does the operations.</param>
    /// <param name="handle">Its pgid, or on Windows the pid that its job is known by (osl ps); better the exact group.</param>
    /// <param name="context">For whom; null for the account of the host.</param>
    /// <param name="options">Null for the defaults.</param>
    /// <param name="cancellationToken">The caller's. What was attached to until then is let go again.</param>
    /// <returns>NotFound when nobody is alive there, StaleProcess when the number means another group, or why a member was refused.</returns>
    public static async ValueTask<OneOf<ProcessGroup, OperationError>> FromNativeHandleAsync(
        IOperationExecutor executor,
        GroupTarget handle,
        OperationContext? context = null,
        ProcessGroupOptions? options = null,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(handle);
        var group = new ProcessGroup(executor, context, options);
        return await group._core.AdoptAsync(handle, cancellationToken).ConfigureAwait(false) is { } error ? error : group;
    }

    /// <summary>
    /// The process group that the next member is launched into: its pgid and leader, on Windows the pid that its job is known by. Null as
    /// long as there is none: before the first member, when everybody in the last has ended, and after <see cref="DetachAsync"/>.
    /// </summary>
    public GroupRef? NativeHandle => Core.Current;

    /// <summary>The name of that group's job object on Windows; null elsewhere.</summary>
    public string? JobId => Core.JobId;

    /// <summary>Whether at least one member runs, or is just being started.</summary>
    public bool Running => Core.IsRunning;

    /// <summary>The members that run now.</summary>
    public IReadOnlyList<ProcessRef> Members => Core.Members;

    /// <summary>What happens to its members. Goes on at the other object after <see cref="Move"/>.</summary>
    public EventBroadcast<GroupEvent> Events => Core.Events;

    private GroupCore Core
    {
        get
        {
            ObjectDisposedException.ThrowIf(Volatile.Read(ref _disposed) != 0, this);
            return Volatile.Read(ref _core);
        }
    }

    /// <summary>Whether a process is a member and has not ended.</summary>
    /// <param name="process">Which one.</param>
    public bool Contains(ProcessRef process) => Core.Members.Contains(process);

    /// <summary>Whether a member that has not ended has this pid.</summary>
    /// <param name="pid">The pid.</param>
    public bool Contains(int pid) => Core.Members.Any(member => member.Pid == pid);

    /// <summary>Launches a program into the group.</summary>
    /// <param name="program">See <see cref="SpawnProcessOperation.Program"/>.</param>
    /// <param name="arguments">See <see cref="SpawnProcessOperation.Arguments"/>.</param>
    /// <param name="cancellationToken">Until the program runs.</param>
    /// <returns>What was started, with its pid; or why nothing was.</returns>
    public ValueTask<OneOf<SpawnProcessResult, OperationError>> EmplaceAsync(
        string program,
        ValueList<Argument> arguments = default,
        CancellationToken cancellationToken = default
    ) => EmplaceAsync(new SpawnProcessOperation(program, arguments), launcher: null, cancellationToken);

    /// <summary>Launches a program into the group.</summary>
    /// <param name="spawn">
    /// What, and with what. Its place among process groups is the group's to say. What has to have a session of its own (a terminal,
    /// <see cref="SpawnProcessOperation.DetachFromTerminal"/>, a stronger containment, Detached) can't be in another's process group: it is
    /// a member with its own.
    /// </param>
    /// <param name="launcher">Changes the operation before it is judged; it can't get past the policy, nor out of the group.</param>
    /// <param name="cancellationToken">Until the program runs.</param>
    /// <returns>What was started, with its pid; or why nothing was.</returns>
    public ValueTask<OneOf<SpawnProcessResult, OperationError>> EmplaceAsync(
        SpawnProcessOperation spawn,
        Func<SpawnProcessOperation, SpawnProcessOperation>? launcher = null,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(spawn);
        return Core.EmplaceAsync(launcher?.Invoke(spawn) ?? spawn, cancellationToken);
    }

    /// <summary>
    /// Makes a process that runs already a member: by itself, since nobody can change its process group once its program runs (setpgid(2),
    /// EACCES). It is waited for and ended with the others. Attached twice, it is a member once.
    /// </summary>
    /// <param name="process">Which one; it need not be a child.</param>
    /// <param name="cancellationToken">The caller's.</param>
    public ValueTask<OneOf<AttachProcessResult, OperationError>> AttachAsync(
        ProcessTarget process,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(process);
        return Core.AttachAsync(process, cancellationToken);
    }

    /// <summary>The same for a process that an object answers for: that is empty afterwards, unless this fails.</summary>
    /// <param name="process">What is taken over.</param>
    /// <param name="cancellationToken">The caller's.</param>
    /// <exception cref="InvalidOperationException">It is empty already.</exception>
    /// <exception cref="OperationException">This failed, its object was disposed meanwhile, and it could not be ended either.</exception>
    public async ValueTask<OneOf<AttachProcessResult, OperationError>> AttachAsync(
        OwnedProcess process,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(process);
        var core = Core;
        if (!process.TryTake(out var live))
        {
            throw new InvalidOperationException("The process belongs to somebody else already, or was ended.");
        }

        var attached = false;
        try
        {
            var outcome = await core.AttachAsync(live.Process, cancellationToken).ConfigureAwait(false);
            attached = outcome.IsT0;
            return outcome;
        }
        finally
        {
            if (!attached)
            {
                await process.GiveBackAsync(live).ConfigureAwait(false);
            }
        }
    }

    /// <summary>
    /// Lets the members that run now outlive this object, the host and its guardian. They stay members, to be waited for and terminated while
    /// it is there; what is emplaced from now on is in a process group of its own, and ends with this object again.
    /// </summary>
    /// <param name="cancellationToken">The caller's.</param>
    /// <returns>
    /// Null; else why some stay: Unsupported for what the host reads or holds for them (<see cref="ReleaseProcessOperation"/>).
    /// </returns>
    public ValueTask<OperationError?> DetachAsync(CancellationToken cancellationToken = default) => Core.DetachAsync(cancellationToken);

    /// <summary>
    /// Ends every member at once (SIGKILL, TerminateJobObject), and everybody else in the process group, and waits until they are gone.
    /// </summary>
    /// <param name="cancellationToken">Sends nothing more; the answer then says who is alive.</param>
    /// <returns>How many; StopFailed with who survived. Nobody there is no failure.</returns>
    public ValueTask<OneOf<GroupStop, OperationError>> TerminateAsync(CancellationToken cancellationToken = default) =>
        StopAsync(StopSequence.Immediate, cancellationToken);

    /// <summary>The same, step by step. Who is just being started is ended as soon as it runs.</summary>
    /// <param name="sequence">The steps.</param>
    /// <param name="cancellationToken">Sends nothing more; the answer then says who is alive.</param>
    public ValueTask<OneOf<GroupStop, OperationError>> StopAsync(StopSequence sequence, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(sequence);
        return Core.StopAsync(sequence, withReleased: true, cancellationToken);
    }

    /// <summary>Waits until no member runs; at once when there is none.</summary>
    /// <param name="cancellationToken">Ends the waiting only.</param>
    /// <returns>The exits that no <see cref="WaitOneAsync"/> has taken. Of two who wait for all, one gets them.</returns>
    public ValueTask<IReadOnlyList<GroupExit>> WaitAsync(CancellationToken cancellationToken = default) =>
        Core.WaitAsync(cancellationToken);

    /// <summary>
    /// Waits until one member ends; at once when one has ended that nobody has asked for yet. Of several who wait each gets another exit.
    /// </summary>
    /// <param name="cancellationToken">Ends the waiting only; no exit is lost by it.</param>
    /// <returns>Who has ended, and how; null when no member runs and no exit is left, so that there is nothing to wait for.</returns>
    public ValueTask<GroupExit?> WaitOneAsync(CancellationToken cancellationToken = default) => Core.WaitOneAsync(cancellationToken);

    /// <summary>
    /// Hands everything over to a new object: members, exits, who waits and who listens. This one is an empty group afterwards, and
    /// disposing it ends nobody.
    /// </summary>
    public ProcessGroup Move()
    {
        ObjectDisposedException.ThrowIf(Volatile.Read(ref _disposed) != 0, this);
        return new ProcessGroup(this, Interlocked.Exchange(ref _core, new GroupCore(_executor, _context, _options)));
    }

    /// <summary>
    /// Starts nothing more, ends every member that was not detached, and waits until they are gone (<see cref="ProcessGroupOptions.DisposeSequence"/>).
    /// </summary>
    /// <exception cref="OperationException">Somebody could not be ended: Managed processes still end with their host.</exception>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
        {
            await Volatile.Read(ref _core).CloseAsync().ConfigureAwait(false);
        }
    }
}
