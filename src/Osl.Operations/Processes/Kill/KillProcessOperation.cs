using System.Text.Json.Serialization;

namespace Osl.Operations.Processes;

/// <summary>Ends one process and waits until it is gone. Judged as a signal.</summary>
public sealed record KillProcessOperation : IOperation<StopResult>
{
    /// <summary>Names the process.</summary>
    /// <param name="target">See <see cref="Target"/>.</param>
    [JsonConstructor]
    public KillProcessOperation(ProcessTarget target) => Target = target;

    /// <summary>The process. Pids 0, 1 and -1 are refused.</summary>
    public ProcessTarget Target { get; init; }

    /// <summary>How it is ended: SIGKILL at once unless said otherwise.</summary>
    public StopSequence StopSequence
    {
        get;
        init => field = value ?? StopSequence.Immediate;
    } = StopSequence.Immediate;

    /// <summary>SIGTERM first, then a wait, then SIGKILL.</summary>
    /// <param name="grace">The wait.</param>
    public KillProcessOperation WithGracePeriod(TimeSpan grace) => this with { StopSequence = StopSequence.Graceful(grace) };

    /// <summary>The target.</summary>
    public override string ToString() => $"kill {Target}";
}
