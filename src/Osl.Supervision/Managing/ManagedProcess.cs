using Osl.Operations;
using Osl.Operations.Processes;

namespace Osl.Supervision;

// Constraints
//   * Commands come at any time, from several callers at once: nothing may be started twice, none may hang behind another, and whoever
//     was told "it has ended" can rely on it.
//   * Everything that is done to the system is an operation; those take their time, so none is waited for under the lock.
//   * What changes is told without waiting for who listens.
//
// Scheme: one session from a start by somebody to the end after which it is not started again (RestartLoop). A session has one task;
// commands only change what it is to do next and send operations of their own. A stop first says so to the session (AskToEnd), then
// sends: an end in between was asked for. A stop that is refused takes the word back, unless another one has been accepted.
// A run is over when nobody of its group is left (_current): until then commands reach whoever is.
// Each run has an attempt: the task that whoever starts it waits for. A start may itself wait for somebody's approval, so a stop takes it
// back (_start) and does not wait for that.

/// <summary>
/// One process under a <see cref="ProcessManager"/>: started, watched, started again by its policy, ended. Thread-safe; commands may overlap.
/// </summary>
public sealed partial class ManagedProcess
{
    private readonly Lock _gate = new();
    private readonly ProcessManager _manager;
    private readonly ProcessOptions? _options;
    private readonly RestartLoop<ProcessEnd> _loop;
    private readonly EventBroadcast<ProcessNotice> _events = new();
    private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TaskCompletionSource<OneOf<ProcessRef, OperationError>> _attempt = NewAttempt();
    private Task _session = Task.CompletedTask;
    private Task<OneOf<ProcessRef, OperationError>>? _restart;
    private OperationContext _context;
    private IRunningProcess? _live;

    /// <summary>The run that is on its way, until nobody of it is left; null between two.</summary>
    private IRunningProcess? _current;

    /// <summary>Takes back the start that is under way; null when none is. Set and cleared under the lock, cancelled outside of it.</summary>
    private CancellationTokenSource? _start;
    private DateTimeOffset? _startTime;
    private ProcessStatus _status;
    private ProcessEnd? _lastEnd;
    private int _sessions;
    private int _asks;
    private int _pendingAsks;
    private bool _isAskAccepted;
    private bool _isReleased;

    internal ManagedProcess(
        ProcessManager manager,
        string name,
        ProcessTemplate? template,
        ProcessOptions? options,
        OperationContext context
    )
    {
        _manager = manager;
        _options = options;
        _context = context;
        Name = name;
        Template = template;
        _loop = new RestartLoop<ProcessEnd>(
            _gate,
            template?.Restart ?? RestartPolicy.Never,
            manager.Time,
            manager.Options.Random,
            OnStateChanged
        );
        Notifications = template?.Notify == true ? _events.Subscribe() : null;
    }

    /// <summary>What it is called in its manager.</summary>
    public string Name { get; }

    /// <summary>How it is started; null for one that was attached to.</summary>
    public ProcessTemplate? Template { get; }

    /// <summary>The program that is started; empty for one that was attached to.</summary>
    public string Command => Template?.Spawn.Program ?? "";

    /// <summary>Its arguments; empty for one that was attached to.</summary>
    public ValueList<Argument> Arguments => Template?.Spawn.Arguments ?? default;

    /// <summary>
    /// What has changed since it was made, for a template with <c>notify: true</c>; null for others. Read by one reader at a time.
    /// </summary>
    public Subscription<ProcessNotice>? Notifications { get; }

    /// <summary>Where it stands in its life.</summary>
    public LifecycleState State
    {
        get
        {
            lock (_gate)
            {
                return _loop.State;
            }
        }
    }

    /// <summary>What it is doing, looked at now.</summary>
    public ProcessStatus Status
    {
        get
        {
            lock (_gate)
            {
                return Look();
            }
        }
    }

    /// <summary>Whether its process is there, and no zombie.</summary>
    public bool IsAlive => Status is not (ProcessStatus.Initial or ProcessStatus.Terminated or ProcessStatus.Zombie);

    /// <summary>The process of its last start, which may have ended; null when there was none.</summary>
    public ProcessRef? Process
    {
        get
        {
            lock (_gate)
            {
                return _live?.Process;
            }
        }
    }

    /// <summary>The pid of its last start; null when there was none.</summary>
    public int? Pid => Process?.Pid;

    /// <summary>When it was started last, UTC; null when it never was, or was attached to.</summary>
    public DateTimeOffset? StartTime
    {
        get
        {
            lock (_gate)
            {
                return _startTime;
            }
        }
    }

    /// <summary>How long it has been running; zero when it does not. Of one that was attached to, since then.</summary>
    public TimeSpan UpTime
    {
        get
        {
            lock (_gate)
            {
                return _live is null || _live.Exited.IsCompleted ? TimeSpan.Zero : _manager.Time.GetElapsedTime(_upSince);
            }
        }
    }

    /// <summary>How often it was started again, unasked, since somebody has started it.</summary>
    public long Restarts
    {
        get
        {
            lock (_gate)
            {
                return _loop.Restarts;
            }
        }
    }

    /// <summary>How its last process has ended; null when none has.</summary>
    public ProcessExit? LastExit
    {
        get
        {
            lock (_gate)
            {
                return _lastEnd?.Exit;
            }
        }
    }

    /// <summary>
    /// Why it could not be started, was given up, or left somebody behind who may be alive still; null where nothing failed, or nobody is
    /// left any more.
    /// </summary>
    public OperationError? LastError
    {
        get
        {
            lock (_gate)
            {
                return _lastEnd?.Error ?? WhyLeft();
            }
        }
    }

    /// <summary>The name that the system reports for its process (comm: 15 bytes on Linux); empty when it can't be read. Untrusted text.</summary>
    public string ReportedName => Process is { } process && _manager.Table.Read(process) is { } state ? state.Name : "";

    /// <summary>
    /// The whole line of the system's table, read as an operation. What it shows is told to who listens, as the watcher would.
    /// </summary>
    /// <param name="context">Who asks; null for on whose behalf it was made.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async ValueTask<OneOf<ProcessState, OperationError>> RefreshAsync(
        OperationContext? context = null,
        CancellationToken cancellationToken = default
    )
    {
        if (Process is not { } process)
        {
            return NotRunning();
        }

        var outcome = await _manager
            .Executor.ExecuteAsync(new QueryProcessOperation(process), context ?? _context, cancellationToken)
            .ConfigureAwait(false);
        Observe();
        return outcome.TryPickT0(out var result, out var error) ? result.State : error;
    }

    /// <summary>Whether anybody listens, so that its status is worth a look.</summary>
    internal bool IsHeard => _events.IsHeard;

    /// <summary>The task of its session, for who ends the manager.</summary>
    internal Task Session
    {
        get
        {
            lock (_gate)
            {
                return _session;
            }
        }
    }

    /// <summary>Whether it ends with its manager: neither detached nor somebody else's.</summary>
    internal bool EndsWithManager => Template is { Spawn.Lifetime: ProcessLifetime.Managed };

    /// <summary>
    /// Whether somebody of it may be alive: it, whom it has left in its group or who has left that, or what came of a start of which nobody knows.
    /// </summary>
    internal bool MayBeAlive
    {
        get
        {
            lock (_gate)
            {
                return Reachable() is not null
                    || WhyLeft() is not null
                    || _lastEnd is { Exit: null, Error.Effect: OperationEffect.Unknown };
            }
        }
    }

    /// <summary>Looks at what it is doing, and tells if that has changed.</summary>
    internal void Observe()
    {
        lock (_gate)
        {
            var before = _status;
            _status = Look();
            if (_status != before)
            {
                Tell(_loop.State, before, null);
            }
        }
    }

    /// <summary>Has nothing more to do with its process, which goes on.</summary>
    internal void Release()
    {
        lock (_gate)
        {
            _loop.AskToEnd();
            _isAskAccepted = true;
            _isReleased = true;
        }

        _released.TrySetResult();
    }

    /// <summary>No more is told.</summary>
    internal void Complete() => _events.Complete();

    private NotFound NotRunning() => new($"a running process of '{Name}'", "Start it first.") { Thing = MissingThing.Process };

    private static TaskCompletionSource<OneOf<ProcessRef, OperationError>> NewAttempt() =>
        new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Under the lock. What was seen last, while there is no descriptor to look with.</summary>
    private ProcessStatus Look()
    {
        if (_live is null)
        {
            return ProcessStatus.Initial;
        }

        if (_live.Exited.IsCompleted)
        {
            return ProcessStatus.Terminated;
        }

        try
        {
            return _manager.Table.Read(_live.Process) is { } state ? ProcessStatuses.Of(state.Activity) : ProcessStatus.Terminated;
        }
        catch (IOException)
        {
            return _status;
        }
    }

    /// <summary>Under the lock.</summary>
    private void OnStateChanged(LifecycleState before, LifecycleState after, ProcessEnd? end)
    {
        var status = _status;
        _status = Look();
        _lastEnd = end ?? _lastEnd;
        Tell(before, status, end);
    }

    /// <summary>Under the lock.</summary>
    private void Tell(LifecycleState before, ProcessStatus statusBefore, ProcessEnd? end)
    {
        if (_isReleased)
        {
            // It goes on, and what the session says of its own end is nothing that has happened to it.
            return;
        }

        var notice = new ProcessNotice(
            Name,
            _live?.Process,
            _loop.State,
            before,
            _status,
            statusBefore,
            _loop.Restarts,
            _manager.Time.GetUtcNow()
        )
        {
            Exit = end?.Exit,
            Error = end is null ? null : end.Error ?? WhyLeft(),
        };
        _events.Publish(notice);
        _manager.Publish(notice);
    }

    /// <summary>What is known of an end.</summary>
    /// <param name="Exit">How the process has ended; null when there was none.</param>
    /// <param name="Error">Why there was none, or is no other; who was left is kept by itself.</param>
    internal sealed record ProcessEnd(ProcessExit? Exit, OperationError? Error = null);
}
