using System.Buffers;

namespace Osl.Operations.Processes;

internal sealed partial class SpawnProcessValidator
{
    /// <summary>Linux's CPU_SETSIZE is 1024, and kernels with more are built up to 8192.</summary>
    private const int MostCpus = 8192;

    /// <summary>Linux's NGROUPS_MAX.</summary>
    private const int MostGroups = 65_536;

    /// <summary>IOPRIO_NR_LEVELS less one.</summary>
    private const int MostIoLevel = 7;

    private const int MostPermissionBits = 0x1FF;

    private static readonly SearchValues<char> CapabilityCharacters = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");

    private static void CheckPrivileges(SpawnProcessOperation spawn, ref ShapeFailures failures)
    {
        failures.RequireDefined(nameof(spawn.Containment), spawn.Containment);
        failures.RequireRange(nameof(spawn.Nice), spawn.Nice, -20, 19);
        failures.RequireRange(nameof(spawn.Umask), spawn.Umask, 0, MostPermissionBits);
        CheckAffinity(spawn.CpuAffinity, ref failures);
        if (spawn.IoPriority is { } priority)
        {
            failures.RequireDefined("IoPriority.Class", priority.Class);
            failures.RequireRange("IoPriority.Level", priority.Level, 0, MostIoLevel);
            if (priority is { Class: IoPriorityClass.Idle, Level: > 0 and <= MostIoLevel })
            {
                failures.Add("IoPriority.Level", "has to be 0 for Idle, which has no levels");
            }
        }

        if (spawn.RunAs is { } account)
        {
            CheckAccount(account, ref failures);
        }

        if (spawn.Privileges is { Capabilities: { } capabilities })
        {
            CheckCapabilities(capabilities, ref failures);
        }

        if (spawn.Sandbox is { } sandbox)
        {
            CheckSandbox(sandbox, ref failures);
        }

        if (spawn.Limits is { } limits)
        {
            CheckLimits(limits, ref failures);
        }
    }

    private static void CheckAffinity(ValueList<int> cpus, ref ShapeFailures failures)
    {
        if (cpus.Count == 0)
        {
            return;
        }

        var seen = new HashSet<int>(Math.Min(cpus.Count, MostCpus));
        for (var index = 0; index < cpus.Count; index++)
        {
            if (cpus[index] is < 0 or >= MostCpus)
            {
                failures.Add(nameof(SpawnProcessOperation.CpuAffinity), index, $"has to be from 0 to {MostCpus - 1}");
            }
            else if (!seen.Add(cpus[index]))
            {
                failures.Add(nameof(SpawnProcessOperation.CpuAffinity), index, "names a CPU a second time");
            }
        }
    }

    private static void CheckAccount(RunAs account, ref ShapeFailures failures)
    {
        RequireAccountName("RunAs.User", account.User, ref failures);
        if (account.Group is not null)
        {
            RequireAccountName("RunAs.Group", account.Group, ref failures);
        }

        if (account.SupplementaryGroups.Count > MostGroups)
        {
            failures.Add("RunAs.SupplementaryGroups", $"holds more than {MostGroups} groups");
            return;
        }

        for (var index = 0; index < account.SupplementaryGroups.Count; index++)
        {
            if (AccountFlaw(account.SupplementaryGroups[index]) is { } flaw)
            {
                failures.Add("RunAs.SupplementaryGroups", index, flaw);
            }
        }
    }

    private static void RequireAccountName(string member, string name, ref ShapeFailures failures)
    {
        if (AccountFlaw(name) is { } flaw)
        {
            failures.Add(member, flaw);
        }
    }

    /// <summary>A colon or a line break in a name would be read as the next field of passwd(5).</summary>
    private static string? AccountFlaw(string? name) =>
        ShapeFailures.TextFlaw(name, LongestName)
        ?? (name.AsSpan().ContainsAnyInRange('\0', '\x1F') || name.AsSpan().Contains(':') ? "holds a colon or a control character" : null);

    private static void CheckCapabilities(ValueList<string> capabilities, ref ShapeFailures failures)
    {
        for (var index = 0; index < capabilities.Count; index++)
        {
            var name = capabilities[index];
            if (
                name is not { Length: > 4 and <= LongestName }
                || !name.StartsWith("CAP_", StringComparison.Ordinal)
                || name.AsSpan().ContainsAnyExcept(CapabilityCharacters)
            )
            {
                failures.Add("Privileges.Capabilities", index, "is no capability; one is written like CAP_NET_BIND_SERVICE");
            }
        }
    }

    private static void CheckSandbox(SandboxConfig sandbox, ref ShapeFailures failures)
    {
        CheckPaths("Sandbox.ReadPaths", sandbox.ReadPaths, ref failures);
        CheckPaths("Sandbox.WritePaths", sandbox.WritePaths, ref failures);
        CheckPaths("Sandbox.ExecutePaths", sandbox.ExecutePaths, ref failures);
        for (var index = 0; index < sandbox.RefusedSystemCalls.Count; index++)
        {
            if (!SystemCallClasses.All.Contains(sandbox.RefusedSystemCalls[index], StringComparer.Ordinal))
            {
                failures.Add("Sandbox.RefusedSystemCalls", index, $"is none of {string.Join(", ", SystemCallClasses.All)}");
            }
        }
    }

    private static void CheckPaths(string member, ValueList<string> paths, ref ShapeFailures failures)
    {
        if (paths.Count > SandboxConfig.MostPaths)
        {
            failures.Add(member, $"holds more than {SandboxConfig.MostPaths} paths");
            return;
        }

        failures.RequireTexts(member, paths, LongestPath);
    }

    /// <remarks>0 means something for two of them: no core dump, and no file may grow.</remarks>
    private static void CheckLimits(ResourceLimits limits, ref ShapeFailures failures)
    {
        failures.RequireRange("Limits.MemoryBytes", limits.MemoryBytes, 1, long.MaxValue);
        failures.RequireRange("Limits.CpuMillis", limits.CpuMillis, 1, int.MaxValue);
        failures.RequireRange("Limits.Processes", limits.Processes, 1, int.MaxValue);
        failures.RequireRange("Limits.OpenFiles", limits.OpenFiles, 1, int.MaxValue);
        failures.RequireRange("Limits.FileSizeBytes", limits.FileSizeBytes, 0, long.MaxValue);
        failures.RequireRange("Limits.CoreDumpBytes", limits.CoreDumpBytes, 0, long.MaxValue);
        if (limits.CpuTime is { } time && (time <= TimeSpan.Zero || time > SpawnProcessOperation.LongestTimeLimit))
        {
            failures.Add("Limits.CpuTime", "has to be more than no time and at most 365 days");
        }
    }
}
