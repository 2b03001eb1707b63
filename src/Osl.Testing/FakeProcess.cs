using Osl.Operations;
using Osl.Operations.Processes;

namespace Osl.Testing;

/// <summary>The live view of a process that is none: it ends when a test says so. Thread-safe.</summary>
/// <param name="process">Which one it says it is.</param>
/// <param name="group">Its group; null for its host's.</param>
public sealed class FakeProcess(ProcessRef process, GroupRef? group = null) : IRunningProcess
{
    private readonly TaskCompletionSource<ProcessExit> _exited = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _groupEnded = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <inheritdoc/>
    public ProcessRef Process { get; } = process ?? throw new ArgumentNullException(nameof(process));

    /// <inheritdoc/>
    public GroupRef? Group { get; } = group;

    /// <inheritdoc/>
    public Stream? StandardInput { get; init; }

    /// <inheritdoc/>
    public Stream? StandardOutput { get; init; }

    /// <inheritdoc/>
    public Stream? StandardError { get; init; }

    /// <inheritdoc/>
    public Task<ProcessExit> Exited => _exited.Task;

    /// <inheritdoc/>
    public Task<CapturedStreams> OutputEnded { get; } = Task.FromResult(new CapturedStreams(CapturedOutput.Empty, CapturedOutput.Empty));

    /// <summary>Whether it has left somebody in its group.</summary>
    public bool HasLeftovers
    {
        get;
        set
        {
            field = value;
            EndGroupIfEmpty();
        }
    }

    /// <inheritdoc/>
    public Task? GroupEnded => Group is { } own && own.Leader == Process ? _groupEnded.Task : null;

    /// <inheritdoc/>
    public bool IsGroupAlive => GroupEnded is { IsCompleted: false };

    /// <summary>Whether its view was disposed.</summary>
    public bool IsDisposed { get; private set; }

    /// <summary>It ends.</summary>
    /// <param name="status">How.</param>
    /// <returns>False when it had ended already.</returns>
    public bool Exit(ExitStatus status)
    {
        var isFirst = _exited.TrySetResult(new ProcessExit(Process, status, TimeSpan.Zero, TimeSpan.Zero, PeakMemory: 0));
        EndGroupIfEmpty();
        return isFirst;
    }

    /// <summary>It ends with an exit code.</summary>
    /// <param name="code">The code.</param>
    /// <returns>False when it had ended already.</returns>
    public bool Exit(int code) => Exit(new ExitStatus(code));

    /// <inheritdoc/>
    public void EndCapture() { }

    /// <inheritdoc/>
    public ValueTask<OneOf<StopResult, OperationError>> StopAsync(
        StopSequence? stopSequence = null,
        CancellationToken cancellationToken = default
    )
    {
        var ended = Exit(new ExitStatus(null, Signal.Terminate)) ? 1 : 0;
        return ValueTask.FromResult<OneOf<StopResult, OperationError>>(
            new StopResult(Process.Pid, Group is not null, ProcessesAffected: ended, ended, Forced: 0)
        );
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        IsDisposed = true;
        return ValueTask.CompletedTask;
    }

    private void EndGroupIfEmpty()
    {
        if (!HasLeftovers && Exited.IsCompleted)
        {
            _groupEnded.TrySetResult();
        }
    }
}
