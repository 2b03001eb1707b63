namespace Osl.Supervision;

/// <summary>Where something that is supervised stands in its life. One set of states for processes, children and services.</summary>
public enum LifecycleState
{
    /// <summary>Defined, not started yet.</summary>
    Idle,

    /// <summary>Being started.</summary>
    Starting,

    /// <summary>It runs.</summary>
    Running,

    /// <summary>It has ended and will be started again when its wait is over.</summary>
    Waiting,

    /// <summary>It was asked to end.</summary>
    Stopping,

    /// <summary>It has ended, as it should.</summary>
    Ended,

    /// <summary>It has ended, and was given up.</summary>
    Failed,

    /// <summary>It did not end in the time it was given, and is not waited for any longer.</summary>
    Abandoned,
}

/// <summary>What can happen to something that is supervised.</summary>
public enum LifecycleEvent
{
    /// <summary>Somebody wants it to run.</summary>
    Start,

    /// <summary>It runs now.</summary>
    Up,

    /// <summary>Somebody wants it to end.</summary>
    Stop,

    /// <summary>It has ended, and that is well.</summary>
    Down,

    /// <summary>It has ended or could not be started, and is not started again.</summary>
    Fault,

    /// <summary>It has ended or could not be started, and will be started again.</summary>
    Again,

    /// <summary>The wait before that is over.</summary>
    Retry,

    /// <summary>The time to end in is over.</summary>
    GraceOver,

    /// <summary>It was not asked to end after all: the asking was refused, and it runs on.</summary>
    Refused,
}
