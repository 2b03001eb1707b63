using System.Text.Json.Serialization;

namespace Osl.Operations.Processes;

/// <summary>Sends one signal to a process, or to every member of a process group.</summary>
public sealed record ProcessSignalOperation : IOperation<ProcessSignalResult>
{
    /// <summary>Names the target and the signal.</summary>
    /// <param name="target">See <see cref="Target"/>.</param>
    /// <param name="signal">See <see cref="Signal"/>.</param>
    [JsonConstructor]
    public ProcessSignalOperation(ProcessTarget target, Signal signal)
    {
        Target = target;
        Signal = signal;
    }

    /// <summary>The process; with <see cref="TargetGroup"/>, the leader whose pid is the group's id. Pids 0, 1 and -1 are refused.</summary>
    public ProcessTarget Target { get; init; }

    /// <summary>The signal.</summary>
    public Signal Signal { get; init; }

    /// <summary>Whether the whole group is meant.</summary>
    public bool TargetGroup { get; init; }

    /// <summary>The exact group, where it is known; only with <see cref="TargetGroup"/>.</summary>
    public GroupRef? Group { get; init; }

    /// <summary>A signal to every member of a group.</summary>
    /// <param name="group">The pgid or reference.</param>
    /// <param name="signal">The signal.</param>
    public static ProcessSignalOperation ForGroup(GroupTarget group, Signal signal)
    {
        ArgumentNullException.ThrowIfNull(group);
        return new(new ProcessTarget(group.Pgid), signal) { TargetGroup = true, Group = group.Group };
    }

    /// <summary>The signal and the target.</summary>
    public override string ToString() => $"{Signal} to {(TargetGroup ? "group" : "process")} {Target.Pid}";
}
