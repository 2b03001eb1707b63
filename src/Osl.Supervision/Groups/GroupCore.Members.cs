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
            }

            targets = [.. targets.Where(member => member.Live is not null)];
        }

        var answers = await Task.WhenAll([
                .. groups.Select(group => KillAsync(group, sequence, cancellationToken)),
                .. targets.Where(member => member.IsAlone).Select(member => StopAloneAsync(member, sequence, cancellationToken)),
            ])
            .ConfigureAwait(false);
        var sum = GroupStop.Sum(answers);
        if (sum.IsT0)
        {
            await SeenGoneAsync(targets).ConfigureAwait(false);
        }

        lock (_gate)
        {
            foreach (var member in targets.Where(_members.Contains))
            {
                Change(member, GraceOver, error: sum.TryPickT1(out var error, out _) ? error : null);
            }
        }

        return sum;
    }

    /// <summary>Lets who runs now outlive the handle and the host.</summary>
    internal async ValueTask<OperationError?> DetachAsync(CancellationToken cancellationToken)
    {
        ThrowIfClosed();
        using var turn = await TurnAsync(cancellationToken).ConfigureAwait(false);
        return await ReleaseAsync(cancellationToken).ConfigureAwait(false);
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
        if (outcome.TryPickT1(out var error, out _) && error is not (NotFound or StaleProcess))
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
                Change(member, Stop);
            }
        }

        _ = WatchAsync(member, live);
        if (stop is null)
        {
            return;
        }

        var answer = GroupStop.Sum([await live.StopAsync(stop, CancellationToken.None).ConfigureAwait(false)]);
        if (answer.TryPickT1(out var error, out _))
        {
            lock (_gate)
            {
                if (_members.Contains(member))
                {
                    Change(member, GraceOver, error: error);
                }
            }
        }
        else
        {
            await SeenGoneAsync([member]).ConfigureAwait(false);
        }
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
