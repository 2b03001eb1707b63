using Osl.Executors.Linux;
using Osl.Operations;
using Osl.Operations.Processes;

namespace Osl.Executors.Handlers;

/// <summary>What a spawn can say and this version can't do yet: refused by name, never left out.</summary>
internal static class UnsupportedParts
{
    private const string Later = "Leave it out; this version of Osl can't enforce it.";

    private const string WherePidfdsWork = $"Leave it out, or run on {LinuxErrors.WherePidfdsWork}; osl doctor shows what is there.";

    internal static Unsupported? FirstOf(SpawnProcessOperation operation)
    {
        var what =
            operation.Containment is not Containment.None && operation.ProcessGroup.Placement == ProcessGroupPlacement.JoinGroup
                ? "a containment of its own for a process that joins a group"
                : null;
        return what is null ? null : new Unsupported(what, Later);
    }

    /// <summary>What Windows has no way for.</summary>
    internal static Unsupported? OfUnix(SpawnProcessOperation operation)
    {
        var what =
            operation.Containment is Containment.Cgroup or Containment.PidNamespace ? $"containment {operation.Containment}"
            : operation.RunAs is not null ? "running as another user"
            : operation.Privileges is not null ? "changing privileges"
            : operation.Umask is not null ? "a file mode creation mask"
            : operation.IoPriority is not null ? "an I/O priority"
            : operation.Sandbox is not null ? "a sandbox"
            : null;
        return what is null ? null : new Unsupported(what, "Leave it out, or run on Linux.");
    }

    /// <summary>What there is no way for without Linux's own calls (adr/0041-posix-fallback.md).</summary>
    internal static Unsupported? BeyondPosix(SpawnProcessOperation operation)
    {
        var what =
            operation.Containment is Containment.Cgroup or Containment.PidNamespace ? $"containment {operation.Containment}"
            : operation.RunAs is not null ? "running as another user"
            : operation.Privileges is not null ? "changing privileges"
            : operation.Limits is not null ? "limits of resources"
            : operation.Nice is not null ? "a priority"
            : operation.CpuAffinity.Count > 0 ? "chosen processors"
            : operation.Umask is not null ? "a file mode creation mask"
            : operation.IoPriority is not null ? "an I/O priority"
            : operation.Sandbox is not null ? "a sandbox"
            : null;
        return what is null ? null : new Unsupported($"{what} without pidfds", WherePidfdsWork);
    }

    /// <summary>For a platform that has pipes and captures only.</summary>
    internal static Unsupported? StreamsOf(SpawnProcessOperation operation)
    {
        var what =
            StreamOf(operation.StandardOutput)
            ?? StreamOf(operation.StandardError)
            ?? operation.StandardInput switch
            {
                StandardInputKind.Text => "input from a text",
                StandardInputKind.Process => "input from another process",
                StandardInputKind.Terminal => "a pseudo-terminal",
                StandardInputKind.Null or StandardInputKind.Inherit or StandardInputKind.Pipe => null,
                _ => "this kind of input",
            };
        return what is null ? null : new Unsupported(what, "Use a pipe or a capture: this version of Osl can't do it on this platform.");
    }

    private static string? StreamOf(StandardOutputConfig output) =>
        output.Kind switch
        {
            StandardOutputKind.File => "output to a file",
            StandardOutputKind.Terminal => "a pseudo-terminal",
            StandardOutputKind.Tee => "output to several places",
            _ => null,
        };
}
