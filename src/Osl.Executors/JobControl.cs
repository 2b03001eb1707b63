using Osl.Executors.Streams;
using Osl.Operations.Processes;

namespace Osl.Executors;

/// <summary>
/// For a program that stands between a shell and one program it runs, as osl does: what the terminal does to the one is passed on to
/// the other (adr/0021-job-control.md). A host that was not given one stops for nobody and watches for no stops.
/// </summary>
internal sealed class JobControl
{
    private readonly TaskCompletionSource _ending = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile IJob? _job;

    /// <summary>Whether the job is being ended: then nobody stops for it any more.</summary>
    internal bool IsEnding => _ending.Task.IsCompleted;

    /// <summary>The job under way; none before its start and after its end.</summary>
    internal IJob? Job
    {
        get => _job;
        set => _job = value;
    }

    /// <summary>
    /// Told of a program that has got a terminal of its own, with what is typed there and the terminal itself, before anything else is
    /// done with it. It doesn't own either.
    /// </summary>
    internal Action<Stream, IPseudoTerminal>? TerminalStarted { get; init; }

    /// <summary>How the thread that watches the job is started, in a test of a system that gives none.</summary>
    internal Action<Thread>? StartThread { get; init; }

    /// <summary>From here on a stop of the job is no reason to stop oneself: a stop sequence has to go on.</summary>
    internal void BeginEnding() => _ending.TrySetResult();

    /// <summary>Waits, on the calling thread, whether the end begins.</summary>
    internal bool BeginsEnding(TimeSpan patience) => _ending.Task.Wait(patience);

    /// <summary>Passes on a signal that the terminal has sent to us.</summary>
    /// <returns>Whether the job has it; not when there is none, or when the signal can't come from the terminal.</returns>
    internal bool PassOn(Signal signal) => _job?.PassOn(signal) ?? false;
}

/// <summary>A program that shares our terminal.</summary>
internal interface IJob
{
    /// <inheritdoc cref="JobControl.PassOn"/>
    bool PassOn(Signal signal);
}
