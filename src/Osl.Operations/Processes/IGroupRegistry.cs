using System.Text.Json.Serialization;

namespace Osl.Operations.Processes;

/// <summary>
/// What Osl hosts of this user run on this machine. A hint, never an authority: whoever acts on an entry opens the process first
/// and compares it then.
/// </summary>
public interface IGroupRegistry
{
    /// <summary>Every entry whose process, or a member of whose group, is alive, of this and of all other hosts.</summary>
    IReadOnlyList<GroupEntry> Live();

    /// <summary>
    /// How many processes are alive in the groups of these entries, in one look at all of them. Only groups that were made for their
    /// process are counted: what else is in the host's own says nothing of what was started.
    /// </summary>
    /// <param name="entries">From <see cref="Live"/>.</param>
    /// <returns>The number by <see cref="GroupEntry.Pgid"/>; without those that can't be looked at.</returns>
    IReadOnlyDictionary<int, int> CountMembers(IReadOnlyList<GroupEntry> entries);
}

/// <summary>One process that was started or attached to, with its group.</summary>
/// <param name="Operation">What started it, and the marker its descendants carry.</param>
/// <param name="Process">The process that was started.</param>
/// <param name="Pgid">The group it was put into.</param>
/// <param name="OwnsGroup">Whether the group was made for it.</param>
/// <param name="Lifetime">Whether it ends with its host.</param>
/// <param name="HostPid">The host that started it; it may have ended when Detached.</param>
/// <param name="Principal">On whose behalf.</param>
/// <param name="Program">The program's path, without arguments. Untrusted text: escape it for display.</param>
/// <param name="StartedAt">When it was started or attached to, UTC.</param>
public sealed record GroupEntry(
    OperationId Operation,
    ProcessRef Process,
    int Pgid,
    bool OwnsGroup,
    ProcessLifetime Lifetime,
    int HostPid,
    string Principal,
    string Program,
    DateTimeOffset StartedAt
)
{
    /// <summary>Whether it was there before, and was taken into care by an <see cref="AttachProcessOperation"/>.</summary>
    public bool Attached { get; init; }

    /// <summary>The group as a target; null when the process shares its host's.</summary>
    [JsonIgnore]
    public GroupRef? Group => OwnsGroup ? new GroupRef(Pgid, Process, Operation) : null;
}
