using static Osl.Supervision.LifecycleEvent;
using static Osl.Supervision.LifecycleState;

namespace Osl.Supervision.Trees;

// Constraints
//   * No child is ever started while its last run, or a process of that, may still be there.
//   * None is forgotten: whatever has happened, each child is running, waiting for something that comes, or over.
//   * The end always comes: every wait in it is bounded by a timer of ours or by a stop sequence.
//
// Scheme: this class decides and does nothing. It is told what has happened, one thing at a time, and answers with what is to be done
// (SupervisorEffect); no task, no timer, no lock is in it, so that its tests can tell it anything in any order. States change by the one
// table of Lifecycle. After a run has returned, the child keeps its state until its OS processes are gone, and only then is it decided
// what becomes of it. A restart of several children, and the end, are no steps that are awaited but conditions that Advance looks at
// after everything that happens: who is still to be stopped, from the last to the first; who is due, from the first to the last.
// adr/0048-supervisor-trees.md

/// <summary>What a supervisor decides.</summary>
internal sealed partial class SupervisorCore(SupervisorOptions options, Func<double>? random = null)
{
    private readonly TimeProvider _clock = options.TimeProvider;
    private readonly RestartTracker _intensity = new(options.Intensity, options.TimeProvider, random);
    private readonly List<ChildSlot> _slots = [];
    private readonly List<SupervisorEffect> _effects = [];
    private readonly List<CleanupFailure> _survivors = [];
    private readonly List<string> _abandonedWithin = [];
    private readonly List<string> _unknownStarts = [];
    private SupervisorFailure? _failure;
    private bool _isStarted;
    private bool _isStopping;
    private bool _isCompleted;
    private bool _wasAllUp;

    /// <summary>The restart of several that is on its way: from which child on.</summary>
    private ChildSlot? _restartFrom;
    private int _restart;
    private bool _restartWaited;

    internal IReadOnlyList<ChildSlot> Slots => _slots;

    internal bool IsStopping => _isStopping;

    internal SupervisorFailure? Failure => _failure;

    internal IReadOnlyList<CleanupFailure> Survivors => _survivors;

    internal IReadOnlyList<string> UnknownStarts => _unknownStarts;

    private bool AreIndependent => options.Strategy == RestartStrategy.OneForOne;

    /// <summary>What is to be done since this was last asked.</summary>
    internal SupervisorEffect[] TakeEffects()
    {
        if (_effects.Count == 0)
        {
            return [];
        }

        SupervisorEffect[] effects = [.. _effects];
        _effects.Clear();
        return effects;
    }

    /// <summary>One more child.</summary>
    /// <exception cref="InvalidOperationException">There is one of that name, or the supervisor is ending.</exception>
    internal void Add(ChildSpec spec)
    {
        if (_slots.Any(slot => string.Equals(slot.Spec.Name, spec.Name, StringComparison.Ordinal)))
        {
            throw NameTaken(spec.Name);
        }

        if (_isStopping)
        {
            throw new InvalidOperationException("The supervisor is ending its children; it takes no more.");
        }

        _slots.Add(new ChildSlot(spec, _clock, random) { IsDue = true });
        Advance();
    }

    internal static InvalidOperationException NameTaken(string name) => new($"There is a child '{name}' already.");

    /// <summary>A child ends, for good.</summary>
    internal void Remove(ChildSlot slot)
    {
        slot.IsLeaving = true;
        slot.IsDue = false;
        if (slot.Life.State is Starting or Running or Waiting)
        {
            StopOne(slot);
        }

        LeaveIfOver(slot);
        Advance();
    }

    /// <summary>Its run begins: all children are started.</summary>
    internal void Start()
    {
        _isStarted = true;
        Advance();
    }

    /// <summary>It is to end.</summary>
    internal void Stop()
    {
        _isStopping = true;
        Advance();
    }

    /// <summary>A child does its work.</summary>
    internal void Up(ChildSlot slot, int run)
    {
        if (slot.Run != run || !slot.IsRunning || slot.Life.State == Running)
        {
            return;
        }

        Apply(slot, LifecycleEvent.Up);
        Advance();
    }

    /// <summary>A child's run has returned.</summary>
    internal void RunEnded(ChildSlot slot, int run, Exception? error)
    {
        if (slot.Run != run || !slot.IsRunning)
        {
            return;
        }

        slot.IsRunning = false;
        slot.Error = error;
        if (error is SupervisorFailedException { Outcome: var within })
        {
            TakeOver(slot, within);
        }
        else if (error is StartUnknownException { Error.Code: var why })
        {
            // As if a process of it were left: there may be one, and nobody knows which.
            _unknownStarts.Add(slot.Spec.Name);
            slot.LeftBehind = $"whether its start has started a process is not known ({why})";
        }

        Do(new SupervisorEffect.NoTimer(slot));
        if (slot.Life.State == Abandoned)
        {
            // After all. What it has left was dealt with by who ran it.
            Apply(slot, error is null ? Down : Fault, error);
            LeaveIfOver(slot);
        }
        else
        {
            slot.IsCleaning = true;
            Do(new SupervisorEffect.Clean(slot, run, slot.Life.State == Stopping));
        }

        Advance();
    }

    /// <summary>A child has had its time to end.</summary>
    internal void GraceOver(ChildSlot slot, int run)
    {
        if (slot.Run != run || !slot.IsRunning || slot.Life.State != Stopping)
        {
            return;
        }

        Apply(slot, LifecycleEvent.GraceOver);
        Do(new SupervisorEffect.Abandon(slot));
        slot.IsCleaning = true;
        Do(new SupervisorEffect.Clean(slot, run, WasAsked: true));
        Advance();
    }

    /// <summary>A child's OS processes are gone, or as far gone as they go.</summary>
    internal void Cleaned(ChildSlot slot, int run, IReadOnlyList<CleanupFailure> survivors)
    {
        if (slot.Run != run || !slot.IsCleaning)
        {
            return;
        }

        slot.IsCleaning = false;
        _survivors.AddRange(survivors);
        slot.LeftBehind ??= survivors is [var first, ..] ? Describe(first) : null;
        if (slot.Life.State == Stopping)
        {
            Apply(slot, slot.Error is null ? Down : Fault, slot.Error);
        }
        else if (slot.Life.State is Starting or Running)
        {
            Decide(slot);
        }
        // It can have ended while it was being abandoned.

        LeaveIfOver(slot);
        Advance();
    }

    /// <summary>A child has waited long enough.</summary>
    internal void Waited(ChildSlot slot, int run)
    {
        if (slot.Run == run && slot.Life.State == Waiting && _restartFrom is null && !_isStopping)
        {
            StartOne(slot, Retry);
        }
    }

    /// <summary>Children that are started again together have waited long enough.</summary>
    internal void WaitedTogether(int restart)
    {
        if (_restart == restart && _restartFrom is not null)
        {
            _restartWaited = true;
            Advance();
        }
    }

    /// <summary>It has ended unasked: what becomes of it, and of the others.</summary>
    private void Decide(ChildSlot slot)
    {
        var error = slot.Error;
        var decision = slot.Tracker.Ended(error is not null, _clock.GetElapsedTime(slot.StartedAt));
        if (decision.Verdict != RestartVerdict.Restart)
        {
            Apply(slot, decision.Verdict == RestartVerdict.Done ? Down : Fault, error);
        }
        else if (slot.LeftBehind is { } left)
        {
            Apply(slot, Fault, error);
            Fail(slot, left, error);
        }
        else if (_isStopping)
        {
            Apply(slot, error is null ? Down : Fault, error);
        }
        else if (_intensity.Ended(failed: true, TimeSpan.Zero) is { Verdict: RestartVerdict.Failed, Reason: var reason })
        {
            Apply(slot, Fault, error);
            Fail(slot, reason!, error);
        }
        else
        {
            Apply(slot, Again, error);
            if (AreIndependent)
            {
                Do(new SupervisorEffect.Wait(slot, slot.Run, decision.Delay));
            }
            else
            {
                RestartTogether(options.Strategy == RestartStrategy.OneForAll ? _slots[0] : slot, decision.Delay);
            }
        }
    }

    /// <summary>One restart for several, from a child on. One that is on its way already begins anew, with the longer reach.</summary>
    private void RestartTogether(ChildSlot from, TimeSpan delay)
    {
        _restartFrom = _restartFrom is { } other && _slots.IndexOf(other) < _slots.IndexOf(from) ? other : from;
        _restartWaited = false;
        Do(new SupervisorEffect.WaitTogether(++_restart, delay));
    }

    private static string Describe(CleanupFailure survivor) =>
        $"{survivor.Process} is left of its last run and can't be ended ({survivor.Problem.Code})";

    /// <summary>A supervisor that has ended tells whom it could not end: they are left of it, and of us.</summary>
    private void TakeOver(ChildSlot slot, SupervisorOutcome within)
    {
        var name = slot.Spec.Name;
        _survivors.AddRange(within.Survivors.Select(left => left with { Child = $"{name}/{left.Child}" }));
        _abandonedWithin.AddRange(within.Abandoned.Select(stuck => $"{name}/{stuck}"));
        _unknownStarts.AddRange(within.UnknownStarts.Select(start => $"{name}/{start}"));
        slot.LeftBehind =
            within.Survivors is [var first, ..] ? Describe(first)
            : within.Abandoned is [var stuck, ..] ? $"'{stuck}' of its last run has not ended"
            : within.UnknownStarts is [var start, ..] ? $"whether '{start}' of its last run has started a process is not known"
            : null;
    }

    private void Fail(ChildSlot slot, string reason, Exception? error)
    {
        if (_failure is null)
        {
            _failure = new SupervisorFailure(slot.Spec.Name, reason, error);
            Do(new SupervisorEffect.Tell(new SupervisorEvent.GivenUp("", _clock.GetUtcNow(), _failure)));
        }

        _isStopping = true;
    }
}
