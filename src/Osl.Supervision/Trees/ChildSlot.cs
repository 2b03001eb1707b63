using System.Diagnostics.CodeAnalysis;

namespace Osl.Supervision.Trees;

/// <summary>One child of a supervisor, as its core sees it. The supervisor's lock guards it, but for what says otherwise.</summary>
internal sealed class ChildSlot(ChildSpec spec, TimeProvider clock, Func<double>? random)
{
    internal ChildSpec Spec => spec;

    internal Lifecycle Life { get; } = new();

    /// <summary>
    /// Made with the first end: most children have none. How often it is restarted is the supervisor's to say, for all its children
    /// together.
    /// </summary>
    [field: MaybeNull]
    internal RestartTracker Tracker =>
        field ??= new RestartTracker(spec.Backoff with { When = WhenOf(spec.Kind), MaxRestarts = null, Window = null }, clock, random);

    /// <summary>Counts the starts: what is heard of an earlier run is known by it.</summary>
    internal int Run { get; set; }

    internal long StartedAt { get; set; }

    /// <summary>Its run has not returned.</summary>
    internal bool IsRunning { get; set; }

    /// <summary>Its OS processes are being ended.</summary>
    internal bool IsCleaning { get; set; }

    /// <summary>What is left of its last run and can't be ended, in words; null when nothing is. Started again, it would run twice.</summary>
    internal string? LeftBehind { get; set; }

    /// <summary>It is to be started, in its turn.</summary>
    internal bool IsDue { get; set; }

    /// <summary>It leaves the supervisor when it has ended.</summary>
    internal bool IsLeaving { get; set; }

    /// <summary>How its last run has ended; null when it has ended well.</summary>
    internal Exception? Error { get; set; }

    /// <summary>Nothing of it is waited for: neither its run, unless that was abandoned, nor the end of its processes.</summary>
    internal bool IsOver => !IsCleaning && (!IsRunning || Life.State == LifecycleState.Abandoned);

    /// <summary>The run that is on its way: its own part of the supervisor's, with a lock of its own.</summary>
    internal ChildRun? Current { get; set; }

    /// <summary>The one timer of it that counts: its grace, or its wait.</summary>
    internal ITimer? Timer { get; set; }

    internal TaskCompletionSource? Left { get; set; }

    private static RestartWhen WhenOf(ChildKind kind) =>
        kind switch
        {
            ChildKind.Permanent => RestartWhen.Always,
            ChildKind.Transient => RestartWhen.OnFailure,
            _ => RestartWhen.Never,
        };
}
