using Osl.Operations;
using Osl.Operations.Facts;

namespace Osl.Executors;

/// <summary>An account, looked up: what the kernel is told.</summary>
/// <param name="Name">As the system calls it; the number where it has no name.</param>
/// <param name="Uid">Never the highest number, which means "no change" to setresuid(2).</param>
/// <param name="Gid">Its group.</param>
/// <param name="Groups">Its supplementary groups, all of them.</param>
internal sealed record LaunchAccount(string Name, uint Uid, uint Gid, ValueList<uint> Groups);

/// <summary>What prepare has found out about the context that a spawn asks for, beyond the program.</summary>
/// <param name="Account">Whom it runs as; null for the host's own account.</param>
/// <param name="Facts">The same for the policy.</param>
/// <param name="ElevationReason">Why it does more than the host's account may do unnoticed (adr/0010-elevation.md); null when it does not.</param>
internal sealed record SpawnContext(LaunchAccount? Account, RunAsFacts? Facts, string? ElevationReason)
{
    /// <summary>As the host.</summary>
    internal static SpawnContext AsHost { get; } = new(null, null, null);
}
