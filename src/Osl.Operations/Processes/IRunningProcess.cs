namespace Osl.Operations.Processes;

/// <summary>
/// A live view of a process that was started. The host owns the process: disposing the view closes its streams and ends nothing.
/// </summary>
public interface IRunningProcess : IAsyncDisposable
{
    /// <summary>Which process.</summary>
    ProcessRef Process { get; }

    /// <summary>Its group, when it was given one of its own or joined one; null when it shares its host's.</summary>
    GroupRef? Group { get; }

    /// <summary>The writing end of its standard input, when that is a pipe. Disposing it is the end of input.</summary>
    Stream? StandardInput { get; }

    /// <summary>The reading end of its standard output, when that is a pipe.</summary>
    Stream? StandardOutput { get; }

    /// <summary>The reading end of its standard error, when that is a pipe.</summary>
    Stream? StandardError { get; }

    /// <summary>Completes when the process has ended. Its group and its streams may live on. Never faults.</summary>
    Task<ProcessExit> Exited { get; }

    /// <summary>Completes when the last holder of each captured stream has closed it, or when capturing was given up. Never faults.</summary>
    Task<CapturedStreams> OutputEnded { get; }

    /// <summary>Stops waiting for the end of captured streams that somebody else still holds; what came so far is kept.</summary>
    void EndCapture();

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
