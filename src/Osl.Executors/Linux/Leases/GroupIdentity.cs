using System.Text;
using Osl.Interop.Linux;
using Osl.Operations;
using Osl.Operations.Processes;

namespace Osl.Executors.Linux;

/// <summary>What a group is recognised by: its leader's pidfd, or else the marker its members carry; and what encloses it.</summary>
internal sealed class GroupIdentity(GroupRef group, PidFd? leader, Enclosure? enclosure = null)
{
    /// <summary>Who is in it is a member too, whatever its group; null for a group that is held by its number only.</summary>
    internal Enclosure? Enclosure { get; } = enclosure;

    internal GroupRef Group { get; } = group;

    /// <summary>Held since before the leader's identity was compared; null when the leader is gone.</summary>
    internal PidFd? Leader { get; } = leader;

    /// <summary>Where there are no pidfds: tells what the group's number means now. Null where the leader's pidfd does.</summary>
    internal Func<GroupPin>? Pin { get; init; }

    /// <summary><c>OSL_OPERATION=…</c> as the members have it in their environment; empty for a group that Osl did not make.</summary>
    internal byte[] Marker { get; } = MarkerOf(group.Operation);

    internal static byte[] MarkerOf(OperationId operation) =>
        operation.IsEmpty ? [] : Encoding.ASCII.GetBytes($"{OperationId.MarkerVariable}={operation}");
}

/// <summary>What a leader's pidfd, or an unreaped leader, says of the group that it leads or led.</summary>
internal enum GroupPin
{
    /// <summary>The number still means this group, members or zombies of it are there.</summary>
    Exists,

    /// <summary>Nobody is in it any more, not even a zombie: the number may mean another group by now.</summary>
    Empty,

    /// <summary>The leader was reaped, and this kernel can't say more (before Linux 6.9).</summary>
    Unknown,
}
