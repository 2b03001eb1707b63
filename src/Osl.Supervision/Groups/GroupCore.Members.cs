using Osl.Operations;
using Osl.Operations.Processes;
using static Osl.Supervision.LifecycleEvent;

namespace Osl.Supervision.Groups;

/// <summary>How members come and go, are ended, and let go.</summary>
internal sealed partial class GroupCore
{
    /// <summary>Ends who is in the group: through the process groups, and one by one who is in none of them.</summary>
    /// <param name="sequence">The steps.</param>
    /// <param name="withReleased">Also who was detached.</param>
    /// <param name="cancellationToken">Sends nothing more.</param>
    internal async ValueTask<OneOf<GroupStop, OperationError>> StopAsync(
        StopSequence sequence,
        bool withReleased,
        CancellationToken cancellationToken
    )
    {
        GroupRef[] groups;
        GroupMember[] targets;
        lock (_gate)
        {
            groups = [.. _groups.Where(held => withReleased || !held.Value.IsReleased).Select(held => held.Key)];
            targets = [.. _members.Where(member => withReleased || !member.IsReleased)];
            foreach (var member in targets)
            {
                Change(member, Stop);
                if (member.Live is null)
                {
                    member.StopWhenUp = sequence;
                }
                else
                {
                    member.PendingStops++;
                }
            }

            targets = [.. targets.Where(member => member.Live is not null)];
        }

        var singles = targets.Where(member => member.IsAlone).ToArray();
        OneOf<StopResult, OperationError>[] killed;
        OneOf<StopResult, OperationError>[] stopped;
        try
        {
            var killing = Task.WhenAll(groups.Select(group => KillAsync(group, sequence, cancellationToken)));
            var stopping = Task.WhenAll(singles.Select(member => StopAloneAsync(member, sequence, cancellationToken)));
            (killed, stopped) = (await killing.ConfigureAwait(false), await stopping.ConfigureAwait(false));
        }
        catch
        {
            // The host is gone, as a rule: what has become of them is not known.
            Settle(targets, static _ => null);
            throw;
        }

        var sum = GroupStop.Sum([.. killed, .. stopped]);
        _ = sum.TryPickT1(out var failure, out _);
        // Who has ended is not to be taken for a survivor because somebody else could not be ended.
        await SeenGoneAsync(targets.Where(member => ErrorOf(member)?.IsGone() ?? true)).ConfigureAwait(false);
        Settle(targets, ErrorOf);
        return sum;

        OperationError? ErrorOf(GroupMember member)
        {
            var (all, index) = member.IsAlone
                ? (stopped, Array.IndexOf(singles, member))
                : (killed, Array.IndexOf(groups, member.Live?.Group));
            // Who was attached to may be in one of ours without its view knowing which: then it is as for all.
            return index < 0 ? failure
                : all[index].TryPickT1(out var error, out _) ? error
                : null;
        }
    }

    /// <summary>
    /// Who is still there after a stop: what was refused has not been done, and it runs on; who survived, or of whom nobody knows, is abandoned.
    /// </summary>
    private void Settle(IEnumerable<GroupMember> targets, Func<GroupMember, OperationError?> errorOf)
    {
        lock (_gate)
        {
            foreach (var member in targets)
            {
                var error = errorOf(member);
                var isRefused = error is not null and not StopFailed and { Effect: OperationEffect.None } && !error.IsGone();
                member.PendingStops--;
                member.StopError = error?.IsGone() is true ? null : error;
                member.IsStopAccepted |= !isRefused;
                if (!_members.Contains(member))
                {
                    continue;
                }

                if (!isRefused)
                {
                    Change(member, GraceOver, error: error);
                }
                else if (member is { PendingStops: 0, IsStopAccepted: false })
                {
                    Change(member, Refused, error: error);
                }
            }
        }
    }

    /// <summary>Lets who runs now outlive the handle and the host.</summary>
    internal async ValueTask<OperationError?> DetachAsync(CancellationToken cancellationToken)
    {
        ThrowIfClosed();
        return await UnlessClosedAsync(ReleaseAsync, cancellationToken).ConfigureAwait(false);
    }

    /// <returns>The first failure: all are tried, and who could be released is.</returns>
    private async ValueTask<OperationError?> ReleaseAsync(CancellationToken cancellationToken)
    {
        OperationError? first = null;
        var (groups, singles) = Locked(() =>
            (
                _groups.Where(held => held.Value is { IsReleased: false, IsAdopted: false }).Select(held => held.Key).ToArray(),
                _members.Where(member => member is { IsReleased: false, Live: not null } && (member.IsAlone || member.IsAttached)).ToArray()
            )
        );
        foreach (var group in groups)
        {
            var outcome = await executor
                .ExecuteAsync(ReleaseProcessOperation.ForGroup(group), context, cancellationToken)
                .ConfigureAwait(false);
            if (IsDone(outcome, ref first))
            {
                lock (_gate)
                {
                    Release(group);
                    foreach (var member in _members.Where(member => member is { IsAlone: false, IsAttached: false }))
                    {
                        member.IsReleased |= member.Live?.Group == group;
                    }
                }
            }
        }

        foreach (var member in singles)
        {
            var release = new ReleaseProcessOperation(member.Process!);
            var outcome = await executor.ExecuteAsync(release, context, cancellationToken).ConfigureAwait(false);
            var isDone = IsDone(outcome, ref first);
            lock (_gate)
            {
                member.IsReleased = isDone;
            }
        }

        if (first is null)
        {
            lock (_gate)
            {
                foreach (var adopted in _groups.Where(held => held.Value.IsAdopted).Select(held => held.Key).ToArray())
                {
                    Release(adopted);
                }
            }
        }

        return first;
    }

    /// <summary>Who has ended needs no release.</summary>
    private static bool IsDone(OneOf<ReleaseProcessResult, OperationError> outcome, ref OperationError? first)
    {
        if (outcome.TryPickT1(out var error, out _) && !error.IsGone())
        {
            first ??= error;
            return false;
        }

        return true;
    }

    /// <summary>Nobody is emplaced into what outlives the handle.</summary>
    private void Release(GroupRef group)
    {
        if (_groups.TryGetValue(group, out var held))
        {
            held.IsReleased = true;
        }

        if (_current == group)
        {
            _current = null;
            _jobId = null;
        }
    }

    private async Task<OneOf<StopResult, OperationError>> KillAsync(
        GroupRef group,
        StopSequence sequence,
        CancellationToken cancellationToken
    ) =>
        await executor
            .ExecuteAsync(new KillProcessGroupOperation(group) { StopSequence = sequence }, context, cancellationToken)
            .ConfigureAwait(false);

    private static async Task<OneOf<StopResult, OperationError>> StopAloneAsync(
        GroupMember member,
        StopSequence sequence,
        CancellationToken cancellationToken
    ) => await member.Live!.StopAsync(sequence, cancellationToken).ConfigureAwait(false);

    /// <summary>They have ended, as the stop has confirmed; the word of it may still be under way. Bounded all the same.</summary>
    private async Task SeenGoneAsync(IEnumerable<GroupMember> members)
    {
        try
        {
            await Task.WhenAll(members.Select(member => member.Gone.Task))
                .WaitAsync(StopSequence.KillWait, options.Time)
                .ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // Who is still a member then is told as abandoned by the caller.
        }
    }

    private void Enter(GroupMember member)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isClosed, typeof(ProcessGroup));
            Change(member, Start);
            _members.Add(member);
        }
    }

    /// <summary>It runs: from here on its end is noticed. Who was to be ended meanwhile is ended now.</summary>
    private async ValueTask ComeUpAsync(GroupMember member, IRunningProcess live, Action join)
    {
        StopSequence? stop;
        lock (_gate)
        {
            member.Live = live;
            join();
            Change(member, Up);
            stop = member.StopWhenUp;
            if (stop is not null)
            {
                member.PendingStops++;
                Change(member, Stop);
            }
        }

        _ = WatchAsync(member, live);
        if (stop is null)
        {
            return;
        }

        var answer = GroupStop.Sum([await live.StopAsync(stop, CancellationToken.None).ConfigureAwait(false)]);
        if (answer.IsT0)
        {
            await SeenGoneAsync([member]).ConfigureAwait(false);
        }

        Settle([member], _ => answer.TryPickT1(out var error, out var _) ? error : null);
    }

    private async Task WatchAsync(GroupMember member, IRunningProcess live)
    {
        var exit = await live.Exited.ConfigureAwait(false);
        lock (_gate)
        {
            var failed = member.Lifecycle.State == LifecycleState.Running && exit.Status is { IsSuccess: false };
            Change(member, failed ? Fault : Down, exit.Status);
            _exits.Add(new GroupExit(exit.Process, exit.Status));
            Remove(member);
        }
    }

    /// <summary>It never ran.</summary>
    private void Leave(GroupMember member, OperationError? error)
    {
        lock (_gate)
        {
            Change(member, Fault, error: error);
            Remove(member);
        }
    }

    private void Remove(GroupMember member)
    {
        _members.Remove(member);
        member.Gone.SetResult();
        if (_members.Count == 0)
        {
            _exits.Empty();
        }
    }

    private void Change(GroupMember member, LifecycleEvent what, ExitStatus? status = null, OperationError? error = null)
    {
        var from = member.Lifecycle.State;
        if (member.Lifecycle.Apply(what) || error is not null)
        {
            Events.Publish(new GroupEvent(member.Process, from, member.Lifecycle.State, options.Time.GetUtcNow(), status, error));
        }
    }

    /// <summary>Until nobody is alive in it, where that is told.</summary>
    private void Remember(GroupRef group, HeldGroup held, Task? ended)
    {
        _groups[group] = held;
        _ = ended?.ContinueWith(_ => Forget(group), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
    }

    private void Forget(GroupRef group)
    {
        lock (_gate)
        {
            _groups.Remove(group);
            if (_current == group)
            {
                _current = null;
                _jobId = null;
            }
        }
    }

    private void ThrowIfClosed() => ObjectDisposedException.ThrowIf(Locked(() => _isClosed), typeof(ProcessGroup));

    private static ObjectDisposedException Closed() => new(nameof(ProcessGroup));

    private T Locked<T>(Func<T> read)
    {
        lock (_gate)
        {
            return read();
        }
    }

    /// <summary>
    /// Does something in turn. It may wait for an approval that never comes: whoever closes the group waits for nobody's turn longer than it
    /// takes to give up.
    /// </summary>
    /// <exception cref="ObjectDisposedException">It was closed meanwhile.</exception>
    private async ValueTask<T> UnlessClosedAsync<T>(Func<CancellationToken, ValueTask<T>> change, CancellationToken cancellationToken)
    {
        try
        {
            using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _closing.Token);
            using var turn = await TurnAsync(either.Token).ConfigureAwait(false);
            return await change(either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (_closing.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw Closed();
        }
    }

    private async ValueTask<Turn> TurnAsync(CancellationToken cancellationToken)
    {
        await _changing.WaitAsync(cancellationToken).ConfigureAwait(false);
        return new Turn(_changing);
    }

    private readonly struct Turn(SemaphoreSlim changing) : IDisposable
    {
        public void Dispose() => changing.Release();
    }
}
