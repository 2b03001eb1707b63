using Osl.Operations.Processes;

namespace Osl.Executors.Streams;

/// <summary>One stream that is being captured.</summary>
internal interface ICapture
{
    /// <summary>What was captured; null before the end.</summary>
    CapturedOutput? Result { get; }

    /// <summary>Takes what is in the pipe now and waits for no more.</summary>
    void GiveUp();
}

/// <summary>The captured streams of one process.</summary>
internal sealed class CaptureSet
{
    /// <summary>For a process nothing is captured of.</summary>
    internal static Task<CapturedStreams> Nothing { get; } =
        Task.FromResult(new CapturedStreams(CapturedOutput.Empty, CapturedOutput.Empty));

    private readonly TaskCompletionSource<CapturedStreams> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    internal ICapture? Output { get; set; }

    internal ICapture? Error { get; set; }

    internal Task<CapturedStreams> Ended => _ended.Task;

    /// <summary>The bound of a capture, as it was asked for.</summary>
    internal static int LimitOf(StandardOutputConfig output) =>
        output.CaptureLimit > 0 ? output.CaptureLimit : StandardOutputConfig.DefaultCaptureLimit;

    internal void GiveUp()
    {
        Output?.GiveUp();
        Error?.GiveUp();
    }

    internal void OneEnded()
    {
        var output = Output is null ? CapturedOutput.Empty : Output.Result;
        var error = Error is null ? CapturedOutput.Empty : Error.Result;
        if (output is not null && error is not null)
        {
            _ended.TrySetResult(new CapturedStreams(output, error));
        }
    }
}
