using System.Text.Json.Serialization;

namespace Osl.Operations.Processes;

/// <summary>How a new process is placed among process groups.</summary>
[JsonConverter(typeof(SnakeCaseEnumConverter<ProcessGroupPlacement>))]
public enum ProcessGroupPlacement
{
    /// <summary>In the group of its host.</summary>
    Inherit,

    /// <summary>In a group of its own, as its leader: pgid = pid (setpgid(0, 0)); on Windows a job object.</summary>
    NewGroup,

    /// <summary>In a group that exists, in the same session.</summary>
    JoinGroup,
}

/// <summary>The process group a new process gets, at its birth.</summary>
/// <remarks>Why it is asked for and never made silently: adr/0001-process-groups-by-builder-records.md; all about groups: knowledge/KNOW-012-process-groups.md.</remarks>
public sealed record ProcessGroupConfig
{
    /// <summary>The group of the host: the default.</summary>
    public static ProcessGroupConfig Inherit { get; } = new();

    /// <summary>A group of its own.</summary>
    public static ProcessGroupConfig NewGroup { get; } = new() { Placement = ProcessGroupPlacement.NewGroup };

    /// <summary>Which of the three.</summary>
    public ProcessGroupPlacement Placement { get; init; }

    /// <summary>The group to join; set for <see cref="ProcessGroupPlacement.JoinGroup"/> only.</summary>
    public GroupTarget? Target { get; init; }

    /// <summary>A group that exists.</summary>
    /// <param name="group">Which one.</param>
    public static ProcessGroupConfig JoinGroup(GroupTarget group) =>
        new() { Placement = ProcessGroupPlacement.JoinGroup, Target = group ?? throw new ArgumentNullException(nameof(group)) };
}
