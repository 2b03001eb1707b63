using System.Globalization;

namespace Osl.Operations.Processes;

/// <summary>A signal was sent.</summary>
/// <param name="TargetPid">The process, or the group's id.</param>
/// <param name="IsGroup">Whether it went to a group.</param>
/// <param name="ProcessesAffected">How many were seen alive immediately before the signal.</param>
public sealed record ProcessSignalResult(int TargetPid, bool IsGroup, int ProcessesAffected) : ExecutionResult
{
    /// <inheritdoc/>
    protected override void Describe(IDictionary<string, string> metadata)
    {
        ArgumentNullException.ThrowIfNull(metadata);
        metadata[IsGroup ? "target_pgid" : "pid"] = TargetPid.ToString(CultureInfo.InvariantCulture);
        metadata["processes_affected"] = ProcessesAffected.ToString(CultureInfo.InvariantCulture);
    }
}
