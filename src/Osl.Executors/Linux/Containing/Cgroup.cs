using System.Globalization;
using System.Text;
using Osl.Interop.Linux;
using Osl.Operations;
using Osl.Operations.Processes;

namespace Osl.Executors.Linux;

/// <summary>
/// The control groups of one launch: one of version 2 to hold everybody together, and one of version 1 for each limit whose controller
/// is there (adr/0036-containment.md). Below our own; taken away when nobody is left in them.
/// </summary>
internal sealed class Cgroup
{
    private static readonly TimeSpan LongEnough = TimeSpan.FromMinutes(1);
    private static readonly Lazy<bool> Swept = new(Sweep);

    private readonly List<string> _places = [];

    private Cgroup() { }

    /// <summary>That of version 2; null where only limits were asked for and version 1 has them.</summary>
    internal CgroupEnclosure? Enclosure { get; private set; }

    /// <summary>Makes them, with their limits. On an error nothing is left.</summary>
    internal static OneOf<Cgroup, OperationError> Create(OperationId operation, bool encloses, ResourceLimits? limits)
    {
        _ = Swept.Value;
        var group = new Cgroup();
        var name = CgroupTree.NameOf(operation);
        var error = encloses ? group.Enclose(name) : null;
        error ??= limits is null ? null : group.Limit(name, limits);
        if (error is null)
        {
            return group;
        }

        group.Remove();
        return error;
    }

    /// <summary>Puts a process in.</summary>
    internal OperationError? Join(int pid)
    {
        foreach (var place in _places)
        {
            var error = Write($"{place}/cgroup.procs", pid.ToString(CultureInfo.InvariantCulture));
            if (error != 0)
            {
                return Refused($"putting a process into {place}", error);
            }
        }

        return null;
    }

    /// <summary>Ends whoever is in them.</summary>
    internal void Kill() => _ = Enclosure?.Kill();

    /// <summary>Takes them away, where nobody is left; the next host that makes one takes what remains.</summary>
    internal void Remove()
    {
        foreach (var place in _places)
        {
            RemoveTree(place);
        }
    }

    /// <summary>Writes to a file of the kernel.</summary>
    /// <returns>The error number, or 0.</returns>
    internal static unsafe int Write(string path, string text)
    {
        var fd = Libc.Open(path, Libc.O_WRONLY | Libc.O_CLOEXEC, 0);
        if (fd < 0)
        {
            return Libc.LastError;
        }

        var bytes = Encoding.ASCII.GetBytes(text);
        fixed (byte* start = bytes)
        {
            var error = Libc.Write(fd, start, bytes.Length) < 0 ? Libc.LastError : 0;
            _ = Libc.Close(fd);
            return error;
        }
    }

    private OperationError? Enclose(string name)
    {
        if (CgroupTree.Own() is not { } own)
        {
            return new Unsupported(
                "containment in a cgroup",
                "Mount cgroup2 (at /sys/fs/cgroup, or /sys/fs/cgroup/unified beside version 1), with the host's own group in it."
            );
        }

        var place = $"{own}/{name}";
        if (Make(place) is { } error)
        {
            return error;
        }

        Enclosure = new CgroupEnclosure(place);
        return null;
    }

    private OperationError? Limit(string name, ResourceLimits limits)
    {
        foreach (var limit in GroupLimit.Of(limits))
        {
            if (Limit(name, limit) is { } error)
            {
                return error;
            }
        }

        return null;
    }

    private OperationError? Limit(string name, GroupLimit limit)
    {
        var own = CgroupTree.Own();
        var has = own is null ? null : SystemText.Read($"{own}/cgroup.controllers");
        if (own is not null && has?.Split(' ').Contains(limit.Controller, StringComparer.Ordinal) == true)
        {
            // A group hands a controller down only while it has no processes itself, and the host is one, unless it is the root.
            var error = Write($"{own}/cgroup.subtree_control", $"+{limit.Controller}");
            if (error != 0)
            {
                return new LimitUnavailable(
                    limit.Name,
                    error == Errno.EBUSY
                        ? $"the host's own cgroup {own} holds processes, so it can't hand the {limit.Controller} controller down; start the host in a group below a delegated one"
                        : $"the {limit.Controller} controller can't be handed down in {own} ({Errno.Name(error)}); have it delegated (systemd: Delegate=yes)"
                );
            }

            return Set($"{own}/{name}", limit.Name, limit.File, limit.Value);
        }

        return CgroupTree.OwnOfVersion1(limit.Controller) is { } place
            ? Set($"{place}/{name}", limit.Name, limit.FileOfVersion1, limit.ValueOfVersion1)
            : new LimitUnavailable(limit.Name, $"no cgroup hierarchy here has the {limit.Controller} controller");
    }

    private OperationError? Set(string place, string limit, string file, string value)
    {
        if (!_places.Contains(place, StringComparer.Ordinal) && Make(place) is { } refused)
        {
            return refused is LimitUnavailable ? refused : new LimitUnavailable(limit, refused.Message.TrimEnd('.'));
        }

        var error = Write($"{place}/{file}", value);
        return error == 0 ? null : new LimitUnavailable(limit, $"the kernel refuses it ({Errno.Name(error)} for {file})");
    }

    private OperationError? Make(string place)
    {
        try
        {
            Directory.CreateDirectory(place);
            _places.Add(place);
            return null;
        }
        catch (UnauthorizedAccessException)
        {
            return Refused($"making the cgroup {place}", Errno.EACCES);
        }
        catch (IOException e)
        {
            return new Unsupported(
                $"making the cgroup {place}: {e.Message}",
                "Look at cgroup.max.descendants and whether it is mounted read-only."
            );
        }
    }

    private static PermissionRefused Refused(string what, int error) =>
        new(
            $"{what} ({Errno.Name(error)})",
            "Run the host in a delegated group: systemd-run --user --scope -p Delegate=yes; osl doctor shows what is there."
        );

    private static void RemoveTree(string place)
    {
        try
        {
            foreach (var below in Directory.EnumerateDirectories(place))
            {
                RemoveTree(below);
            }

            // rmdir(2): its files are the kernel's.
            Directory.Delete(place);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Somebody is in it still, or it is gone.
        }
    }

    /// <summary>What hosts have left that were killed: empty groups of ours, old enough not to be about to be used.</summary>
    private static bool Sweep()
    {
        var places = new[] { CgroupTree.Own() }.Concat(GroupLimit.Controllers.Select(CgroupTree.OwnOfVersion1)).OfType<string>();
        foreach (var place in places.Distinct(StringComparer.Ordinal))
        {
            try
            {
                foreach (var left in new DirectoryInfo(place).EnumerateDirectories($"{CgroupTree.Prefix}*"))
                {
                    if (left.LastWriteTimeUtc < TimeProvider.System.GetUtcNow().UtcDateTime - LongEnough)
                    {
                        RemoveTree(left.FullName);
                    }
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // Another host sweeps at the same time.
            }
        }

        return true;
    }
}
