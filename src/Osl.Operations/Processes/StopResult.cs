using System.Globalization;

namespace Osl.Operations.Processes;

/// <summary>A process or a group was ended, and its end confirmed.</summary>
/// <param name="TargetPid">The process, or the group's id.</param>
/// <param name="IsGroup">Whether a group was ended.</param>
/// <param name="ProcessesAffected">How many were seen alive immediately before the first signal.</param>
/// <param name="Ended">How many were seen to end, those included that were born meanwhile.</param>
/// <param name="Forced">How many were still alive when SIGKILL was sent.</param>
public sealed record StopResult(int TargetPid, bool IsGroup, int ProcessesAffected, int Ended, int Forced) : ExecutionResult
{
    /// <summary>Processes of the same operation that had left the group (setsid(2)) and are still alive.</summary>
    public ValueList<ProcessRef> Escaped { get; init; }

    /// <inheritdoc/>
    protected override void Describe(IDictionary<string, string> metadata)
    {
        ArgumentNullException.ThrowIfNull(metadata);
        metadata[IsGroup ? "target_pgid" : "pid"] = TargetPid.ToString(CultureInfo.InvariantCulture);
        metadata["processes_affected"] = ProcessesAffected.ToString(CultureInfo.InvariantCulture);
    }
}
