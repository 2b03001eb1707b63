using System.Globalization;

namespace Osl.Operations.Processes;

/// <summary>Nothing of it ends with its host any more.</summary>
/// <param name="TargetPid">The process, or the group's id.</param>
/// <param name="IsGroup">Whether a group was released.</param>
/// <param name="Released">
/// The processes, as they were started or attached, that were Managed until now; empty when all were Detached already.
/// </param>
public sealed record ReleaseProcessResult(int TargetPid, bool IsGroup, ValueList<ProcessRef> Released) : ExecutionResult
{
    /// <inheritdoc/>
    protected override void Describe(IDictionary<string, string> metadata)
    {
        ArgumentNullException.ThrowIfNull(metadata);
        metadata[IsGroup ? "target_pgid" : "pid"] = TargetPid.ToString(CultureInfo.InvariantCulture);
        metadata["processes_affected"] = Released.Count.ToString(CultureInfo.InvariantCulture);
    }
}
