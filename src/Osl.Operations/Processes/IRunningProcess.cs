namespace Osl.Operations.Processes;

/// <summary>
/// A live view of a process that was started. The host owns the process: disposing the view closes its streams and ends nothing, unless
/// the process is one that ends when its terminal hangs up (SIGHUP), which is what closing a terminal's streams means.
/// </summary>
public interface IRunningProcess : IAsyncDisposable
{
    /// <summary>Which process.</summary>
    ProcessRef Process { get; }

    /// <summary>Its group, when it was given one of its own or joined one; null when it shares its host's.</summary>
    GroupRef? Group { get; }

    /// <summary>
    /// The writing end of its standard input, when that is a pipe or a terminal. Of a pipe, disposing it is the end of input; at a terminal
    /// that is what is typed for it (Ctrl-D, 0x04).
    /// </summary>
    Stream? StandardInput { get; }

    /// <summary>The reading end of its standard output, when that is a pipe, or a terminal without targets, or goes to a pipe among others.</summary>
    Stream? StandardOutput { get; }

    /// <summary>The reading end of its standard error, when that is a pipe.</summary>
    Stream? StandardError { get; }

    /// <summary>Completes when the process has ended. Its group and its streams may live on. Never faults.</summary>
    Task<ProcessExit> Exited { get; }

    /// <summary>
    /// Completes when nobody is alive in the group that was made for it, never before <see cref="Exited"/> is decided. Null when it has none,
    /// or when that can't be told. Never faults.
    /// </summary>
    Task? GroupEnded => null;

    /// <summary>
    /// Whether somebody may be left in the group that was made for it, the process itself included: where it has one, until
    /// <see cref="GroupEnded"/> says otherwise.
    /// </summary>
    bool IsGroupAlive => OwnGroup is not null && GroupEnded is not { IsCompleted: true };

    /// <summary>The group that was made for it; null when it has none: <see cref="Group"/> is also one that it has joined.</summary>
    GroupRef? OwnGroup => Group is { } group && group.Leader == Process ? group : null;

    /// <summary>Completes when the last holder of each captured stream has closed it, or when capturing was given up. Never faults.</summary>
    Task<CapturedStreams> OutputEnded { get; }

    /// <summary>Stops waiting for the end of captured streams that somebody else still holds; what came so far is kept.</summary>
    void EndCapture();

    /// <summary>
    /// Changes the size of its terminal; its foreground group gets SIGWINCH where that is a change (ioctl_tty(2), TIOCSWINSZ).
    /// </summary>
    /// <param name="size">The new one.</param>
    /// <returns>Null; else why it could not be done: Unsupported where it was given no terminal, or the terminal has been closed.</returns>
    OperationError? ResizeTerminal(TerminalSize size) =>
        new Unsupported("resizing the terminal of a process that has none of ours", "Start it with a terminal (WithTerminal).");

    /// <summary>Ends the process, or its whole group when it has one, by its stop sequence: an operation like any other.</summary>
    /// <param name="stopSequence">How; null for the one it was started with.</param>
    /// <param name="cancellationToken">Sends nothing more and reports who is still alive.</param>
    ValueTask<OneOf<StopResult, OperationError>> StopAsync(
        StopSequence? stopSequence = null,
        CancellationToken cancellationToken = default
    );
}

/// <summary>What was captured.</summary>
/// <param name="Output">Standard output.</param>
/// <param name="Error">Standard error.</param>
public sealed record CapturedStreams(CapturedOutput Output, CapturedOutput Error);
