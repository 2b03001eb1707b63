using System.Text.Json.Serialization;

namespace Osl.Operations.Processes;

/// <summary>
/// Makes what is Managed Detached: from now on it survives its host and its guardian. Still listed, its end still noticed while the host
/// lives. Only what this host holds can be released, and only what needs nothing of it: who reads its output or gives it its terminal
/// can't go. Judged as an attach (adr/0042-attach-and-release.md).
/// </summary>
/// <remarks>
/// It keeps its session: what has the terminal of its host still hears the hang-up of that (SIGHUP, setsid(2)). Start it in a session of its
/// own (<see cref="SpawnProcessOperation.DetachFromTerminal"/>) if it is to be released some day.
/// </remarks>
public sealed record ReleaseProcessOperation : IOperation<ReleaseProcessResult>
{
    /// <summary>Names the process.</summary>
    /// <param name="target">See <see cref="Target"/>.</param>
    [JsonConstructor]
    public ReleaseProcessOperation(ProcessTarget target) => Target = target;

    /// <summary>
    /// The process, with the group that was made for it; with <see cref="TargetGroup"/>, the leader whose pid the group's id is. Pids 0, 1
    /// and -1 are refused.
    /// </summary>
    public ProcessTarget Target { get; init; }

    /// <summary>Whether the whole group is meant: also who has joined it, and also when its leader has ended.</summary>
    public bool TargetGroup { get; init; }

    /// <summary>The exact group, where it is known; only with <see cref="TargetGroup"/>.</summary>
    public GroupRef? Group { get; init; }

    /// <summary>A whole group.</summary>
    /// <param name="group">The pgid or reference.</param>
    public static ReleaseProcessOperation ForGroup(GroupTarget group)
    {
        ArgumentNullException.ThrowIfNull(group);
        return new(new ProcessTarget(group.Pgid)) { TargetGroup = true, Group = group.Group };
    }

    /// <summary>The target.</summary>
    public override string ToString() => $"release {(TargetGroup ? "group" : "process")} {Target.Pid}";
}
