using System.Text.Json.Serialization;

namespace Osl.Operations.Processes;

/// <summary>
/// Takes a process that runs already, and need not be a child of the host, into the host's care: it is listed, its end is noticed, it
/// can be signalled as <c>attached</c>, and unless said otherwise it ends with the host. Judged as an attach
/// (adr/0042-attach-and-release.md).
/// </summary>
/// <remarks>
/// What the host runs already for the same principal, Managed, stays what it is: the answer is its own view, and its stop sequence holds.
/// </remarks>
public sealed record AttachProcessOperation : IOperation<AttachProcessResult>
{
    /// <summary>Names the process.</summary>
    /// <param name="target">See <see cref="Target"/>.</param>
    [JsonConstructor]
    public AttachProcessOperation(ProcessTarget target) => Target = target;

    /// <summary>The process. Pids 0, 1 and -1 and the host itself are refused.</summary>
    public ProcessTarget Target { get; init; }

    /// <summary>Whether it ends with its host: by default it does from now on.</summary>
    public ProcessLifetime Lifetime { get; init; }

    /// <summary>How it is ended when nobody says otherwise.</summary>
    public StopSequence StopSequence
    {
        get;
        init => field = value ?? StopSequence.Default;
    } = StopSequence.Default;

    /// <summary>Whether it ends with its host.</summary>
    /// <param name="lifetime">Managed or Detached.</param>
    public AttachProcessOperation WithLifetime(ProcessLifetime lifetime) => this with { Lifetime = lifetime };

    /// <summary>How it is ended.</summary>
    /// <param name="stopSequence">The steps.</param>
    public AttachProcessOperation WithStopSequence(StopSequence stopSequence) => this with { StopSequence = stopSequence };

    /// <summary>The target.</summary>
    public override string ToString() => $"attach {Target}";
}
