using System.Collections.Concurrent;
using Osl.Operations;
using Osl.Operations.Processes;

namespace Osl.Testing;

/// <summary>
/// Stands in for a host: keeps what it was asked for and answers what it was told to, without a process, a policy or a journal.
/// </summary>
/// <remarks>
/// An operation is answered, in this order, by the next answer queued for its type (<see cref="Enqueue"/>), by the rule for its type
/// (<see cref="Answer"/>), by a plausible success for the operations on processes that come with Osl: programs get pids from 1000 on
/// and exit with 0, what is spawned has a live view that runs until it is killed or a test says so (<see cref="Started"/>), targets are
/// found and end. Any other operation has to be told; unless it is, asking for it throws.
/// Results are stamped as the pipeline stamps them. Safe for use by several threads.
/// </remarks>
/// <param name="time">The clock of its stamps; null for the system's.</param>
public sealed class FakeExecutor(TimeProvider? time = null) : IOperationExecutor
{
    private readonly TimeProvider _time = time ?? TimeProvider.System;
    private readonly ConcurrentQueue<FakeCall> _calls = new();
    private readonly ConcurrentQueue<FakeProcess> _started = new();
    private readonly ConcurrentDictionary<Type, Func<IOperation, OperationContext, CancellationToken, ValueTask<object>>> _rules = new();
    private readonly ConcurrentDictionary<Type, ConcurrentQueue<object>> _queued = new();
    private int _lastPid = 999;

    /// <summary>What it has spawned without having been told what to answer, in order.</summary>
    public IReadOnlyList<FakeProcess> Started => [.. _started];

    /// <summary>What it was asked for, in order.</summary>
    public IReadOnlyList<FakeCall> Calls => [.. _calls];

    /// <summary>The operations of one type among them.</summary>
    /// <typeparam name="TOperation">The type.</typeparam>
    public IReadOnlyList<TOperation> CallsOf<TOperation>()
        where TOperation : IOperation => [.. _calls.Select(call => call.Operation).OfType<TOperation>()];

    /// <summary>How operations of a type are answered from now on.</summary>
    /// <param name="answer">Makes the answer; must not block.</param>
    /// <typeparam name="TOperation">The operation.</typeparam>
    /// <typeparam name="TResult">What it answers.</typeparam>
    public FakeExecutor Answer<TOperation, TResult>(Func<TOperation, OperationContext, OneOf<TResult, OperationError>> answer)
        where TOperation : IOperation<TResult>
        where TResult : ExecutionResult
    {
        ArgumentNullException.ThrowIfNull(answer);
        _rules[typeof(TOperation)] = (operation, context, _) => ValueTask.FromResult(answer((TOperation)operation, context).Value);
        return this;
    }

    /// <summary>How operations of a type are answered from now on, when the answer takes its time.</summary>
    /// <param name="answer">Makes the answer; gets the caller's token.</param>
    /// <typeparam name="TOperation">The operation.</typeparam>
    /// <typeparam name="TResult">What it answers.</typeparam>
    public FakeExecutor AnswerAsync<TOperation, TResult>(
        Func<TOperation, OperationContext, CancellationToken, ValueTask<OneOf<TResult, OperationError>>> answer
    )
        where TOperation : IOperation<TResult>
        where TResult : ExecutionResult
    {
        ArgumentNullException.ThrowIfNull(answer);
        _rules[typeof(TOperation)] = async (operation, context, cancellationToken) =>
            (await answer((TOperation)operation, context, cancellationToken).ConfigureAwait(false)).Value;
        return this;
    }

    /// <summary>The answer to the next operation of a type; several are given one after the other.</summary>
    /// <param name="answer">A result, or an error.</param>
    /// <typeparam name="TOperation">The operation.</typeparam>
    /// <typeparam name="TResult">What it answers.</typeparam>
    public FakeExecutor Enqueue<TOperation, TResult>(OneOf<TResult, OperationError> answer)
        where TOperation : IOperation<TResult>
        where TResult : ExecutionResult
    {
        _queued.GetOrAdd(typeof(TOperation), _ => new ConcurrentQueue<object>()).Enqueue(answer.Value);
        return this;
    }

    /// <inheritdoc/>
    public async ValueTask<OneOf<TResult, OperationError>> ExecuteAsync<TResult>(
        IOperation<TResult> operation,
        OperationContext context,
        CancellationToken cancellationToken = default
    )
        where TResult : ExecutionResult
    {
        ArgumentNullException.ThrowIfNull(operation);
        ArgumentNullException.ThrowIfNull(context);
        cancellationToken.ThrowIfCancellationRequested();
        var startedAt = _time.GetUtcNow();
        var started = _time.GetTimestamp();
        var id = OperationId.New(startedAt);
        _calls.Enqueue(new FakeCall(id, operation, context));
        var answer = await AnswerTo(operation, context, id, cancellationToken).ConfigureAwait(false);
        switch (answer)
        {
            case TResult result:
                result.Stamp(id, operation.GetType().Name, startedAt, _time.GetUtcNow(), _time.GetElapsedTime(started));
                return result;
            case OperationError error:
                error.OperationId = id;
                return error;
            default:
                throw new InvalidOperationException($"{operation.GetType().Name} was told to answer a {answer.GetType().Name}.");
        }
    }

    private ValueTask<object> AnswerTo(IOperation operation, OperationContext context, OperationId id, CancellationToken cancellationToken)
    {
        var type = operation.GetType();
        if (_queued.TryGetValue(type, out var queue) && queue.TryDequeue(out var next))
        {
            return ValueTask.FromResult(next);
        }

        return _rules.TryGetValue(type, out var rule)
            ? rule(operation, context, cancellationToken)
            : ValueTask.FromResult(Default(operation, id));
    }

    private object Default(IOperation operation, OperationId id) =>
        operation switch
        {
            SpawnProcessOperation spawn => Spawned(spawn, id),
            RunProcessOperation run => Ran(run.Spawn),
            ProcessSignalOperation signal => new ProcessSignalResult(signal.Target.Pid, signal.TargetGroup, ProcessesAffected: 1),
            KillProcessOperation kill => Killed(kill.Target.Pid, isGroup: false),
            KillProcessGroupOperation kill => Killed(kill.Target.Pgid, isGroup: true),
            AttachProcessOperation attach => new AttachProcessResult(
                attach.Target.Process ?? Process(attach.Target.Pid),
                attach.Target.Pid
            ),
            ReleaseProcessOperation release => new ReleaseProcessResult(
                release.Target.Pid,
                release.TargetGroup,
                [release.Group?.Leader ?? release.Target.Process ?? Process(release.Target.Pid)]
            ),
            QueryProcessOperation query => new QueryProcessResult(
                State(query.Target.Process ?? Process(query.Target.Pid), query.Target.Pid)
            ),
            QueryProcessGroupOperation query => new QueryProcessGroupResult(
                query.Target.Pgid,
                [State(query.Target.Group?.Leader ?? Process(query.Target.Pgid), query.Target.Pgid)],
                []
            )
            {
                Group = query.Target.Group ?? new GroupRef(query.Target.Pgid, Process(query.Target.Pgid), default),
            },
            _ => throw new InvalidOperationException(
                $"Nobody said what {operation.GetType().Name} is to be answered; use Answer or Enqueue."
            ),
        };

    private SpawnProcessResult Spawned(SpawnProcessOperation spawn, OperationId id)
    {
        var process = Process(Interlocked.Increment(ref _lastPid));
        var pgid = Pgid(spawn, process);
        var target = spawn.ProcessGroup.Target;
        var group =
            target is not null ? target.Group
            : pgid == process.Pid ? new GroupRef(pgid, process, id)
            : null;
        var live = new FakeProcess(process, group);
        _started.Enqueue(live);
        return new SpawnProcessResult(process, pgid) { Group = group, Live = live };
    }

    private StopResult Killed(int target, bool isGroup)
    {
        foreach (var live in _started)
        {
            if (target == (isGroup ? live.Group?.Id : live.Process.Pid))
            {
                live.Exit(new ExitStatus(null, Signal.Terminate));
            }
        }

        return new StopResult(target, isGroup, ProcessesAffected: 1, Ended: 1, Forced: 0);
    }

    private RunProcessResult Ran(SpawnProcessOperation spawn)
    {
        var process = Process(Interlocked.Increment(ref _lastPid));
        var exit = new ProcessExit(process, new ExitStatus(0), TimeSpan.Zero, TimeSpan.Zero, PeakMemory: 0);
        return new RunProcessResult(process, Pgid(spawn, process), exit, CapturedOutput.Empty, CapturedOutput.Empty);
    }

    private static int Pgid(SpawnProcessOperation spawn, ProcessRef process)
    {
        var hasOwn =
            spawn.ProcessGroup.Placement == ProcessGroupPlacement.NewGroup
            || spawn.DetachFromTerminal
            || spawn.Lifetime == ProcessLifetime.Detached;
        return spawn.ProcessGroup.Target?.Pgid ?? (hasOwn ? process.Pid : 1);
    }

    private static ProcessRef Process(int pid) => new(pid, pid, "fake-boot", 0);

    private static ProcessState State(ProcessRef process, int pgid) =>
        new(process, "fake", ParentPid: 1, pgid, Session: pgid, Uid: -1, ProcessActivity.Sleeping);
}

/// <summary>One call that a <see cref="FakeExecutor"/> has seen.</summary>
/// <param name="Id">The id it gave the call.</param>
/// <param name="Operation">What was asked for.</param>
/// <param name="Context">Who asked.</param>
public sealed record FakeCall(OperationId Id, IOperation Operation, OperationContext Context);
