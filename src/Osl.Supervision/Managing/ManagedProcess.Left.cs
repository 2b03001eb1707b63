using Osl.Operations;
using Osl.Operations.Processes;

namespace Osl.Supervision;

// Who is left of a run: in the group that was made for it, or having left that. Kept here once, from when he is found until he is known to have
// ended; whether it may be started, whether it may be alive and what is told of its end are all read from this.
public sealed partial class ManagedProcess
{
    /// <summary>How long an answer to a stop may be under way when the group is empty. What takes longer waits for an approval, in vain.</summary>
    private static readonly TimeSpan AnswerRest = TimeSpan.FromSeconds(2);

    /// <summary>Who had left the group of a run, with why he could not be ended; with null while that is being done.</summary>
    private readonly Dictionary<ProcessRef, OperationError?> _escaped = [];

    /// <summary>The last run, where its group could not be ended, and why.</summary>
    private LeftRun? _left;

    /// <summary>The stops of its group that commands have sent to this run.</summary>
    private GroupStops _groupStops = new();

    /// <summary>Whether somebody is in the group that was made for it. Of somebody else's process the group is not ours to end.</summary>
    private bool LeavesGroup(IRunningProcess live) => Template is not null && live is { IsGroupAlive: true, OwnGroup: not null };

    /// <summary>Whether somebody of a run can be signalled: its process, or whoever that has left in its group.</summary>
    private bool IsReachable(IRunningProcess run) => !run.Exited.IsCompleted || LeavesGroup(run);

    /// <summary>Under the lock: why somebody may be left of a run that is over; null when nobody is.</summary>
    private OperationError? WhyLeft()
    {
        if (_left is { } left && IsReachable(left.Run))
        {
            return left.Why;
        }

        return WhoEscaped();
    }

    private OperationError? WhoIsLeft()
    {
        lock (_gate)
        {
            return WhyLeft();
        }
    }

    /// <summary>Under the lock: the same of who has left a group only.</summary>
    private OperationFailed? WhoEscaped()
    {
        var escaped = EscapedAlive();
        return escaped is []
            ? null
            : new OperationFailed(
                "process_left",
                $"Who has left the group of '{Name}' is alive and could not be ended: {string.Join(", ", escaped.Select(one => one.Pid))} ({_escaped[escaped[0]]?.Code ?? "not answered yet"}).",
                "End them yourself. A containment that nobody can leave (cgroup, pid namespace) ends them with it; a daemon is best run in the foreground."
            )
            {
                Effect = OperationEffect.Happened,
            };
    }

    /// <summary>Under the lock: who had left a group and has not ended since, as far as is known.</summary>
    private ProcessRef[] EscapedAlive()
    {
        foreach (var gone in _escaped.Keys.Where(HasEnded).ToArray())
        {
            _escaped.Remove(gone);
        }

        return [.. _escaped.Keys.OrderBy(one => one.Pid)];
    }

    private bool HasEnded(ProcessRef process)
    {
        try
        {
            return _manager.Table.Read(process) is not { IsAlive: true };
        }
        catch (IOException)
        {
            // There was nothing to look with.
            return false;
        }
    }

    /// <summary>Ends who the process has left in a group that was made for it.</summary>
    /// <returns>Why somebody may be in it still; null when nobody is.</returns>
    private async Task<OperationError?> EndLeftoversAsync(IRunningProcess live, OperationContext context)
    {
        if (
            Template is null
            || live.OwnGroup is not { } group
            || await EndsByCommandAsync(live).ConfigureAwait(false)
            || !LeavesGroup(live)
        )
        {
            return null;
        }

        var stopped = await _manager.Ending.StopAsync(live.Process, group, Template.Spawn.StopSequence, context).ConfigureAwait(false);
        return (await EndEscapedAsync(live, stopped, context, CancellationToken.None).ConfigureAwait(false)).Problem;
    }

    /// <summary>
    /// Whether a stop that a command has sent ends them: a second sequence beside it would signal everybody twice. Not waited for longer
    /// than a stop may take, since it may be waiting for an approval.
    /// </summary>
    private async Task<bool> EndsByCommandAsync(IRunningProcess live)
    {
        Task<bool> settled;
        lock (_gate)
        {
            settled = _groupStops.Settled;
        }

        try
        {
            var longest = ProcessEnding.LongestOf(Template!.Spawn.StopSequence);
            await _manager.Time.WaitAsync(Task.WhenAny(settled, live.GroupEnded ?? settled), longest).ConfigureAwait(false);
            // Only with the answer is it known who has left the group.
            await _manager.Time.WaitAsync(settled, AnswerRest).ConfigureAwait(false);
            return await settled.ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    /// <summary>Sends a run's process, or its group, a stop sequence, as a command does: as long as that may take.</summary>
    private async Task<Ending> StopRunAsync(
        IRunningProcess run,
        GroupRef? group,
        StopSequence sequence,
        OperationContext context,
        CancellationToken cancellationToken
    )
    {
        // Told before it is sent: its process may be gone, and its session at work on who is left, before the answer is there.
        GroupStops? stops;
        lock (_gate)
        {
            stops = group is not null && _current == run ? _groupStops : null;
            stops?.Sent();
        }

        var hasEnded = false;
        try
        {
            var stopped = await _manager
                .Executor.ExecuteAsync(ProcessEnding.By(run.Process, group, sequence), context, cancellationToken)
                .ConfigureAwait(false);
            var ending = await EndEscapedAsync(run, stopped, context, cancellationToken).ConfigureAwait(false);
            hasEnded = ending.Problem is null;
            return ending;
        }
        finally
        {
            lock (_gate)
            {
                stops?.Answered(hasEnded);
            }
        }
    }

    /// <summary>Ends who has left the group that was stopped. He counts as left from before he is sent a signal until he has ended.</summary>
    private async Task<Ending> EndEscapedAsync(
        IRunningProcess run,
        OneOf<StopResult, OperationError> stopped,
        OperationContext context,
        CancellationToken cancellationToken
    )
    {
        lock (_gate)
        {
            foreach (var one in ProcessEnding.EscapedOf(stopped))
            {
                _escaped.TryAdd(one, null);
            }
        }

        var ending = await _manager.Ending.EndEscapedAsync(stopped, run.OwnGroup, context, cancellationToken).ConfigureAwait(false);
        lock (_gate)
        {
            Keep(ending.Escaped);
            if (ending.Problem is null && _left?.Run == run)
            {
                // Confirmed by looking: the word of it may come later, or never, of a process that was taken up.
                _left = null;
            }
        }

        return ending;
    }

    /// <summary>Whoever its runs have left, because ending them was refused or did not work then.</summary>
    private async ValueTask<OperationError?> EndWhoIsLeftAsync(
        StopSequence? sequence,
        OperationContext context,
        CancellationToken cancellationToken
    )
    {
        IRunningProcess? run;
        ProcessRef[] escaped;
        GroupRef? group;
        lock (_gate)
        {
            run = _left is { } left && IsReachable(left.Run) ? left.Run : null;
            (escaped, group) = (EscapedAlive(), _live?.OwnGroup);
        }

        var problem = run is null ? null : (await SendAsync(run, sequence, context, cancellationToken).ConfigureAwait(false)).Problem;
        var killed = await _manager.Ending.KillAsync(escaped, group, context, cancellationToken).ConfigureAwait(false);
        lock (_gate)
        {
            Keep(killed);
            return problem ?? WhoEscaped();
        }
    }

    /// <summary>Under the lock: who has ended is forgotten, and of the others it is kept why they have not.</summary>
    private void Keep(IEnumerable<(ProcessRef Process, OperationError? Problem)> escaped)
    {
        foreach (var (process, problem) in escaped)
        {
            if (problem is null)
            {
                _escaped.Remove(process);
            }
            else
            {
                _escaped[process] = problem;
            }
        }
    }

    private sealed record LeftRun(IRunningProcess Run, OperationError Why);
}
