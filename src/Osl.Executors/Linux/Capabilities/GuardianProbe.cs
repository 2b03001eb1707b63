using Osl.Executors.Registry;
using Osl.Interop.Linux;

namespace Osl.Executors.Linux;

/// <summary>Whether a guardian would start: one is started, over an empty registry in memory, and let go.</summary>
internal static class GuardianProbe
{
    private const string Name = "guardian";

    private static readonly TimeSpan Ends = TimeSpan.FromSeconds(10);

    internal static Capability Read()
    {
        var pid = Environment.ProcessId;
        if (!LinuxFeatures.HasProc || !ProcFs.TryReadStat(pid, out var self))
        {
            return new Capability(
                Name,
                Available: false,
                "it reads /proc, which is not there: nothing Managed can be started",
                "Mount /proc: mount -t proc proc /proc."
            );
        }

        if (
            !SlotFile
                .Create(RegistrySystem.Current, directory: null, new SlotHeader(ProcFs.BootId, ProcFs.PidNamespace, pid, self.StartTime))
                .TryPickT0(out var slots, out var error)
        )
        {
            return new Capability(Name, Available: false, error.Message, error.Remedy);
        }

        using (slots)
        {
            if (!Guardian.Start(slots.Descriptor).TryPickT0(out var guardian, out error))
            {
                return new Capability(Name, Available: false, error.Message, error.Remedy);
            }

            return guardian.LetGo(Ends)
                ? new Capability(Name, Available: true, "starts: what is Managed ends with its host, even when that is killed")
                : new Capability(
                    Name,
                    Available: false,
                    "starts, but does not end",
                    "See what holds /bin/sh up: a debugger, a full process table, a stopped session."
                );
        }
    }
}
