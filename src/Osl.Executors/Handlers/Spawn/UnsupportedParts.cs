using Osl.Operations;
using Osl.Operations.Processes;

namespace Osl.Executors.Handlers;

/// <summary>What a spawn can say and this version can't do yet: refused by name, never left out.</summary>
internal static class UnsupportedParts
{
    private const string Later = "Leave it out; this version of Osl can't enforce it.";

    internal static Unsupported? FirstOf(SpawnProcessOperation operation)
    {
        var what =
            operation.Containment is Containment.Cgroup or Containment.PidNamespace ? $"containment {operation.Containment}"
            : operation.Containment is not Containment.None && operation.ProcessGroup.Placement == ProcessGroupPlacement.JoinGroup
                ? "a containment of its own for a process that joins a group"
            : operation.RunAs is not null ? "running as another user"
            : operation.Privileges is not null ? "changing privileges"
            : operation.Sandbox is not null ? "a sandbox"
            : operation.Umask is not null ? "a file mode creation mask"
            : StreamOf(operation.StandardOutput) ?? StreamOf(operation.StandardError);
        return what is null ? null : new Unsupported(what, Later);
    }

    /// <summary>For a platform that has no way for any of them.</summary>
    internal static Unsupported? ResourcesOf(SpawnProcessOperation operation)
    {
        var what =
            operation.Limits is not null ? "resource limits"
            : operation.Nice is not null ? "a nice value"
            : operation.CpuAffinity.Count > 0 ? "CPU affinity"
            : null;
        return what is null ? null : new Unsupported(what, Later);
    }

    private static string? StreamOf(StandardOutputConfig output) =>
        output.Kind switch
        {
            StandardOutputKind.File => "output to a file",
            StandardOutputKind.Terminal => "a pseudo-terminal",
            _ => null,
        };
}
