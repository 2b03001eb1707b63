namespace Osl.Operations.Processes;

/// <summary>One step of a stop: a signal to everybody, then a wait for the last to end.</summary>
/// <param name="Signal">The signal.</param>
/// <param name="Wait">How long to wait before the next step; at most a day.</param>
public sealed record StopStep(Signal Signal, TimeSpan Wait);

/// <summary>
/// How to end a process or a group: step by step, each step only if somebody is still alive, until nobody is.
/// After a step other than KILL and STOP, SIGCONT follows, so that stopped processes can act on it.
/// </summary>
public sealed record StopSequence
{
    /// <summary>The grace period of <see cref="Default"/>: 10 s.</summary>
    public static TimeSpan DefaultGrace { get; } = TimeSpan.FromSeconds(10);

    /// <summary>The longest wait of one step: a day.</summary>
    public static TimeSpan LongestWait { get; } = TimeSpan.FromDays(1);

    /// <summary>How long after SIGKILL the end is waited for: 10 s. Who is still there then hangs in the kernel.</summary>
    public static TimeSpan KillWait { get; } = TimeSpan.FromSeconds(10);

    /// <summary>SIGTERM, 10 s, SIGKILL.</summary>
    public static StopSequence Default { get; } = Graceful(DefaultGrace);

    /// <summary>SIGKILL at once.</summary>
    public static StopSequence Immediate { get; } = new() { Steps = [new StopStep(Signal.Kill, KillWait)] };

    /// <summary>The steps, in order. At least one, at most 16.</summary>
    public ValueList<StopStep> Steps { get; init; }

    /// <summary>SIGTERM, a wait, SIGKILL.</summary>
    /// <param name="grace">The wait; zero or more.</param>
    public static StopSequence Graceful(TimeSpan grace) => Starting(Signal.Terminate, grace);

    /// <summary>A signal of one's own, a wait, SIGKILL.</summary>
    /// <param name="first">The first signal.</param>
    /// <param name="grace">The wait; zero or more.</param>
    public static StopSequence Starting(Signal first, TimeSpan grace) =>
        first == Signal.Kill ? Immediate : new() { Steps = [new StopStep(first, grace), new StopStep(Signal.Kill, KillWait)] };

    /// <summary>
    /// The same steps with SIGKILL at the end, if it is not there: for what has to be over afterwards, a time limit or the end of the
    /// host.
    /// </summary>
    public StopSequence EndingWithKill() =>
        Steps.Count > 0 && Steps[^1].Signal == Signal.Kill ? this : this with { Steps = Steps.Add(new StopStep(Signal.Kill, KillWait)) };

    /// <summary>The signals and waits.</summary>
    public override string ToString() => string.Join(", ", Steps.Select(step => $"{step.Signal} {step.Wait.TotalSeconds:0.###} s"));
}
