using Osl.Executors;
using Osl.Operations;

namespace Osl.Hosting;

/// <summary>What every record says of the host that writes it.</summary>
/// <param name="Pid">Its pid.</param>
/// <param name="Uid">The uid it runs as; -1 on Windows.</param>
/// <param name="StartedBy">The operation of the Osl that started it, by the marker in its environment; null when none did.</param>
internal sealed record HostProcess(int Pid, long Uid, OperationId? StartedBy)
{
    internal static HostProcess Current() =>
        new(
            Environment.ProcessId,
            HostIdentity.EffectiveUid,
            OperationId.TryParse(Environment.GetEnvironmentVariable(OperationId.MarkerVariable), out var parent) ? parent : null
        );
}
