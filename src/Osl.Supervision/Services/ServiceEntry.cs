namespace Osl.Supervision.Services;

/// <summary>One service of a manager. Its manager's lock guards it.</summary>
internal sealed class ServiceEntry(IRunnable service)
{
    internal IRunnable Service { get; } = service;

    internal string Name { get; } = service.Name;

    internal Lifecycle Lifecycle { get; } = new();

    /// <summary>What was said to it while it was being started.</summary>
    internal Queue<RuntimeControlMessage> Pending { get; } = new();

    /// <summary>The last message on its way to it: the next one follows it, except a shutdown.</summary>
    internal Task Told { get; set; } = Task.CompletedTask;

    /// <summary>Cancelled when it is abandoned; made anew for each run.</summary>
    internal CancellationTokenSource? Abandoned { get; set; }

    /// <summary>Whether it has run before.</summary>
    internal bool HasRun { get; set; }
}

/// <summary>One run of a manager, from its start to its outcome. Its manager's lock guards it.</summary>
internal sealed class ServiceRun
{
    internal TaskCompletionSource<ServicesOutcome> Completion { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    internal ServiceFailure? Failure { get; set; }

    internal bool IsStopping { get; set; }

    /// <summary>The grace period is over, and those who are still there are being named.</summary>
    internal bool IsGraceOver { get; set; }

    internal ITimer? Grace { get; set; }
}
