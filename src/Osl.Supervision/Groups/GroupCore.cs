using System.Diagnostics.CodeAnalysis;
using Osl.Operations;
using Osl.Operations.Processes;
using static Osl.Supervision.LifecycleEvent;

namespace Osl.Supervision.Groups;

/// <summary>What a <see cref="ProcessGroup"/> is the handle of.</summary>
/// <remarks>
/// <para>
/// Three things are apart here: the members, each with its lifecycle; the process groups of the system that they are in; and the exits
/// that somebody may wait for. A member is ended through its process group, together with whatever it has started there, or by itself when
/// it is in none of ours.
/// </para>
/// <para>
/// One lock guards all of it and is never held over an operation. Launches, adoptions and releases go one after the other
/// (<c>_changing</c>): two that were launched into an empty group at once would make two process groups. A stop does not queue behind
/// them, since a launch may wait for somebody's approval: who is being started then is ended as soon as it runs.
/// </para>
/// </remarks>
[SuppressMessage(
    "Design",
    "CA1001:Types that own disposable fields should be disposable",
    Justification = "Neither field holds anything of the system's; who waits for a semaphore that is disposed waits for ever."
)]
internal sealed partial class GroupCore(IOperationExecutor executor, OperationContext context, ProcessGroupOptions options)
{
    private readonly Lock _gate = new();
    private readonly SemaphoreSlim _changing = new(1);
    private readonly CancellationTokenSource _closing = new();
    private readonly ExitQueue _exits = new();

    /// <summary>Who runs or is being started.</summary>
    private readonly HashSet<GroupMember> _members = [];

    /// <summary>The process groups of the system that somebody may be in.</summary>
    private readonly Dictionary<GroupRef, HeldGroup> _groups = [];

    private GroupRef? _current;
    private string? _jobId;
    private bool _isClosed;

    internal EventBroadcast<GroupEvent> Events { get; } = new();

    internal GroupRef? Current => Locked(() => _current);

    internal string? JobId => Locked(() => _jobId);

    internal bool IsRunning => Locked(() => _members.Count > 0);

    internal IReadOnlyList<ProcessRef> Members => Locked(() => _members.Select(member => member.Process).OfType<ProcessRef>().ToList());

    internal async ValueTask<OneOf<SpawnProcessResult, OperationError>> EmplaceAsync(
        SpawnProcessOperation spawn,
        CancellationToken cancellationToken
    )
    {
        var member = new GroupMember();
        Enter(member);
        var isUp = false;
        OperationError? failure = null;
        try
        {
            return await UnlessClosedAsync(
                    async token =>
                    {
                        var isApart = NeedsItsOwn(spawn);
                        var outcome = await LaunchAsync(spawn, isApart, token).ConfigureAwait(false);
                        if (outcome.TryPickT0(out var started, out failure))
                        {
                            isUp = true;
                            await ComeUpAsync(member, started.Live, () => Join(member, started, isApart)).ConfigureAwait(false);
                        }

                        return outcome;
                    },
                    cancellationToken
                )
                .ConfigureAwait(false);
        }
        finally
        {
            if (!isUp)
            {
                Leave(member, failure);
            }
        }
    }

    internal async ValueTask<OneOf<AttachProcessResult, OperationError>> AttachAsync(
        ProcessTarget target,
        CancellationToken cancellationToken
    )
    {
        ThrowIfClosed();
        return await UnlessClosedAsync(token => AttachOneAsync(target, within: null, token), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Takes over a process group that exists. For a core that nobody else knows yet.</summary>
    internal async ValueTask<OperationError?> AdoptAsync(GroupTarget handle, CancellationToken cancellationToken)
    {
        using var turn = await TurnAsync(cancellationToken).ConfigureAwait(false);
        var queried = await executor.ExecuteAsync(new QueryProcessGroupOperation(handle), context, cancellationToken).ConfigureAwait(false);
        if (queried.TryPickT1(out var unknown, out var found))
        {
            return unknown;
        }

        if ((handle.Group ?? found.Group) is not { } group)
        {
            return new Unsupported($"taking over {handle} by its number alone", "Give the exact group, as a spawn or osl ps tells it.");
        }

        lock (_gate)
        {
            Remember(group, new HeldGroup { IsAdopted = true }, ended: null);
            _current = group;
        }

        OperationError? refused = null;
        var complete = false;
        try
        {
            foreach (var state in found.Members.Where(member => member.IsAlive))
            {
                var attached = await AttachOneAsync(state.Process, within: group, cancellationToken).ConfigureAwait(false);
                // Who has ended meanwhile is no loss.
                if (attached.TryPickT1(out refused, out _) && !refused.IsGone())
                {
                    return refused;
                }
            }

            complete = true;
        }
        finally
        {
            if (!complete)
            {
                // All or nobody: what was attached to is not to end with the host, unless it was to before.
                lock (_gate)
                {
                    foreach (var member in _members.Where(member => member.WasHeld))
                    {
                        member.IsReleased = true;
                    }
                }

                _ = await ReleaseAsync(CancellationToken.None).ConfigureAwait(false);
            }
        }

        return IsRunning
            ? null
            : new NotFound($"a living process in {group}", "It has ended; osl ps shows what runs.") { Thing = MissingThing.Group };
    }

    internal async ValueTask<IReadOnlyList<GroupExit>> WaitAsync(CancellationToken cancellationToken)
    {
        Task ended;
        lock (_gate)
        {
            if (_members.Count == 0)
            {
                return _exits.TakeAll();
            }

            ended = _exits.AllEnded();
        }

        await ended.WaitAsync(cancellationToken).ConfigureAwait(false);
        return Locked(_exits.TakeAll);
    }

    internal async ValueTask<GroupExit?> WaitOneAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        LinkedListNode<TaskCompletionSource<GroupExit?>> waiter;
        lock (_gate)
        {
            if (_exits.TryTake() is { } exit)
            {
                return exit;
            }

            if (_members.Count == 0)
            {
                return null;
            }

            waiter = _exits.Wait();
        }

        try
        {
            return await waiter.Value.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!Locked(() => _exits.GiveUp(waiter)))
        {
            return await waiter.Value.Task.ConfigureAwait(false);
        }
    }

    /// <summary>Starts nothing more and ends who was not released.</summary>
    internal async Task CloseAsync()
    {
        lock (_gate)
        {
            _isClosed = true;
        }

        await _closing.CancelAsync().ConfigureAwait(false);
        var bound = ProcessEnding.LongestOf(options.DisposeSequence);
        using var enough = new CancellationTokenSource();
        try
        {
            await options.Time.WaitAsync(EndAllAsync(enough.Token), bound).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // An end may have to be approved by somebody who never answers.
            await enough.CancelAsync().ConfigureAwait(false);
            throw new OperationException(
                new OperationFailed(
                    "cleanup_timeout",
                    $"Ending the group has not been answered for {bound.TotalSeconds:0} s.",
                    "See who still runs (osl ps), and what the host is waiting for; its host ends them."
                )
                {
                    Effect = OperationEffect.Unknown,
                }
            );
        }
        catch (ObjectDisposedException)
        {
            // The host was disposed before its group: it has ended what was Managed itself.
        }
        finally
        {
            Events.Complete();
        }
    }

    private async Task EndAllAsync(CancellationToken cancellationToken)
    {
        var stopped = await StopAsync(options.DisposeSequence, withReleased: false, cancellationToken).ConfigureAwait(false);
        // The last launch under way is decided now; who has come up by it was ended there.
        using (await TurnAsync(cancellationToken).ConfigureAwait(false))
        {
            if (WhoIsLeft(stopped.TryPickT1(out var error, out _) ? error : null) is { } failure)
            {
                throw new OperationException(failure);
            }
        }
    }

    /// <summary>Why somebody may still be there that ends with the handle, who came up during the close included.</summary>
    private OperationError? WhoIsLeft(OperationError? stopped)
    {
        lock (_gate)
        {
            var left = _members.Where(member => member is { IsReleased: false, Live: not null });
            var errors = left.Select(member => member.StopError ?? new StopFailed([member.Process!], null));
            return GroupStop.Sum([.. stopped is null ? errors : errors.Prepend(stopped)]).TryPickT1(out var failure, out _)
                ? failure
                : null;
        }
    }

    private async ValueTask<OneOf<SpawnProcessResult, OperationError>> LaunchAsync(
        SpawnProcessOperation spawn,
        bool isApart,
        CancellationToken cancellationToken
    )
    {
        if (!isApart && Current is { } current)
        {
            var joining = spawn.WithProcessGroup(current);
            var joined = await executor.ExecuteAsync(joining, context, cancellationToken).ConfigureAwait(false);
            // Everybody of it has ended, the leader and who came after: the next is the first again. Only where nothing was started.
            if (
                !joined.TryPickT1(out var error, out _)
                || error is not (NotFound { Thing: MissingThing.Group } or StaleProcess { Effect: OperationEffect.None })
            )
            {
                return joined;
            }

            Forget(current);
        }

        return await executor
            .ExecuteAsync(
                isApart ? spawn with { ProcessGroup = ProcessGroupConfig.Inherit } : spawn.WithNewProcessGroup(),
                context,
                cancellationToken
            )
            .ConfigureAwait(false);
    }

    /// <summary>What leads a session, or is held together by more than a process group, can't be in another's (setpgid(2), EPERM).</summary>
    private static bool NeedsItsOwn(SpawnProcessOperation spawn) =>
        spawn.DetachFromTerminal
        || spawn.Lifetime == ProcessLifetime.Detached
        || spawn.Containment > Containment.Group
        || spawn.StandardOutput.Kind == StandardOutputKind.Terminal;

    private async ValueTask<OneOf<AttachProcessResult, OperationError>> AttachOneAsync(
        ProcessTarget target,
        GroupRef? within,
        CancellationToken cancellationToken
    )
    {
        var outcome = await executor.ExecuteAsync(new AttachProcessOperation(target), context, cancellationToken).ConfigureAwait(false);
        if (outcome.TryPickT1(out var error, out var attached))
        {
            return error;
        }

        var member = new GroupMember { IsAttached = true, WasHeld = attached.WasHeld };
        lock (_gate)
        {
            if (_members.Any(known => known.Process == attached.Process))
            {
                return attached;
            }

            member.IsAlone = within is null && !_groups.Keys.Any(group => group.Id == attached.Pgid);
            member.StopWhenUp = _isClosed ? options.DisposeSequence : null;
            Change(member, Start);
            _members.Add(member);
        }

        await ComeUpAsync(member, attached.Live, static () => { }).ConfigureAwait(false);
        return attached;
    }

    /// <summary>The process group a member is in is one of ours, or becomes one; else it is held by itself.</summary>
    private void Join(GroupMember member, SpawnProcessResult started, bool isApart)
    {
        if (isApart || started.Group is not { } group)
        {
            member.IsAlone = true;
        }
        else if (!_groups.ContainsKey(group))
        {
            Remember(group, new HeldGroup(), started.Live.GroupEnded);
            _current = group;
            _jobId = started.JobId;
        }
    }
}
