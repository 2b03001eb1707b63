using System.Text.Json.Serialization;

namespace Osl.Operations.Processes;

/// <summary>Ends every member of a process group and waits until none is alive. Judged as a signal.</summary>
public sealed record KillProcessGroupOperation : IOperation<StopResult>
{
    /// <summary>Names the group.</summary>
    /// <param name="target">See <see cref="Target"/>.</param>
    [JsonConstructor]
    public KillProcessGroupOperation(GroupTarget target) => Target = target;

    /// <summary>The group. Ids 0, 1 and -1 are refused.</summary>
    public GroupTarget Target { get; init; }

    /// <summary>How it is ended: SIGKILL at once unless said otherwise.</summary>
    public StopSequence StopSequence
    {
        get;
        init => field = value ?? StopSequence.Immediate;
    } = StopSequence.Immediate;

    /// <summary>SIGTERM first, then a wait, then SIGKILL.</summary>
    /// <param name="grace">The wait.</param>
    public KillProcessGroupOperation WithGracePeriod(TimeSpan grace) => this with { StopSequence = StopSequence.Graceful(grace) };

    /// <summary>A signal of one's own first; SIGKILL after the wait.</summary>
    /// <param name="signal">The first signal.</param>
    /// <param name="grace">The wait.</param>
    public KillProcessGroupOperation WithSignal(Signal signal, TimeSpan grace) =>
        this with
        {
            StopSequence = StopSequence.Starting(signal, grace),
        };

    /// <summary>The target.</summary>
    public override string ToString() => $"kill {Target}";
}
