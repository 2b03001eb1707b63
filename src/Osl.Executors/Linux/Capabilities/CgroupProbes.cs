using System.Text;
using Osl.Interop.Linux;

namespace Osl.Executors.Linux;

/// <summary>Control groups (cgroups(7)): version 2 at all, its controllers, and whether we may make groups below our own.</summary>
internal static class CgroupProbes
{
    private const int W_OK = 2;

    internal static IEnumerable<Capability> Read()
    {
        if (CgroupTree.Root is not { } root)
        {
            const string Remedy = "Boot with the unified hierarchy, or mount cgroup2.";
            yield return new Capability("cgroup-v2", Available: false, "not mounted", Remedy);
            yield return new Capability("cgroup-controllers", Available: false, $"none without version 2{OfVersion1()}", Remedy);
            yield return new Capability("cgroup-delegated", Available: false, "no version 2 to make groups in", Remedy);
            yield break;
        }

        yield return new Capability("cgroup-v2", Available: true, $"{root}: kill and freeze a whole group");
        yield return Controllers(root);
        yield return Delegated();
    }

    private static Capability Controllers(string root)
    {
        // What our own group has been given; where that can't be told, what the hierarchy has.
        var own = CgroupTree.Own();
        var controllers =
            (own is null ? null : SystemText.Read($"{own}/cgroup.controllers")) ?? SystemText.Read($"{root}/cgroup.controllers");
        var older = GroupLimit
            .Controllers.Where(controller => CgroupTree.OwnOfVersion1(controller) is { } place && IsWritable(place))
            .ToList();
        var all = string.Join("; of version 1: ", new[] { controllers, string.Join(' ', older) }.Where(text => text is { Length: > 0 }));
        return all.Length > 0
            ? new Capability(
                "cgroup-controllers",
                Available: true,
                older.Count > 0 && controllers is not { Length: > 0 } ? $"of version 1: {all}" : all
            )
            : new Capability(
                "cgroup-controllers",
                Available: false,
                $"none, hence no limits by group{OfVersion1()}",
                "Boot with the unified hierarchy (systemd.unified_cgroup_hierarchy=1), or have controllers delegated to this group."
            );
    }

    private static Capability Delegated() =>
        CgroupTree.Own() is not { } own
            ? new Capability(
                "cgroup-delegated",
                Available: false,
                "our own group is not below the mount",
                "Mount /proc and cgroup2 of this namespace."
            )
        : IsWritable(own) && IsWritable($"{own}/cgroup.procs")
            ? new Capability("cgroup-delegated", Available: true, $"{own}: groups can be made in it")
        : new Capability(
            "cgroup-delegated",
            Available: false,
            $"{own} is not writable for this account",
            "Run it in a delegated group: systemd-run --user --scope -p Delegate=yes."
        );

    /// <summary>The controllers that version 1 has taken: those of /proc/cgroups with a hierarchy, which none of version 2 has.</summary>
    private static string OfVersion1()
    {
        var taken = (SystemText.Read("/proc/cgroups") ?? "")
            .Split('\n')
            .Where(line => !line.StartsWith('#'))
            .Select(line => line.Split('\t'))
            .Where(cells => cells.Length > 1 && cells[1] is not "0")
            .Select(cells => cells[0])
            .ToList();
        return taken.Count == 0 ? "" : $"; bound to version 1: {string.Join(' ', taken)}";
    }

    private static unsafe bool IsWritable(string path)
    {
        fixed (byte* start = Encoding.UTF8.GetBytes(path + '\0'))
        {
            return SyscallNumber.IsKnownArchitecture && Libc.Faccessat2(Libc.AT_FDCWD, start, W_OK, Libc.AT_EACCESS) == 0;
        }
    }
}
