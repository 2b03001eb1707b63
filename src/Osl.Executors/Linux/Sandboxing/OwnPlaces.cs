using System.Text;
using Osl.Interop.Linux;

namespace Osl.Executors.Linux;

/// <summary>
/// Osl's own files and directories (policy, keys, journal, registry), by every path under which they can be reached: links resolved, and
/// bind mounts looked up in mountinfo. What is not there yet counts too: a child must not be the one that makes it.
/// </summary>
/// <remarks>Not found: other names of a file (hard links), and what an overlay shows of it elsewhere (knowledge/sandbox.md).</remarks>
/// <param name="named">As they are named; absolute.</param>
/// <param name="mountTable">The text of mountinfo; null for the host's own.</param>
internal sealed class OwnPlaces(IReadOnlyList<string> named, string? mountTable = null)
{
    private const int MostLinks = 40;

    /// <summary>
    /// The real paths, now: mounts and links may change between two starts. Those of links that lead there with them, since who could replace
    /// one would choose where Osl looks.
    /// </summary>
    internal List<string> Find()
    {
        var found = new HashSet<string>(named.Select(RealPathOf), StringComparer.Ordinal);
        foreach (var path in named)
        {
            AddLinks(path, found, MostLinks);
        }

        var mounts = Mounts();
        foreach (var place in found.ToList())
        {
            AddOthers(place, mounts, found);
        }

        return [.. found];
    }

    /// <summary>Whether a path is another one or lies below it, by whole segments.</summary>
    internal static bool IsWithin(string path, string directory) =>
        path.StartsWith(directory, StringComparison.Ordinal)
        && (path.Length == directory.Length || directory.EndsWith('/') || path[directory.Length] == '/');

    private static string RealPathOf(string path)
    {
        // The deepest part that is there, and the rest as it is named.
        var rest = "";
        for (var at = path; ; at = at[..Math.Max(1, at.LastIndexOf('/'))])
        {
            var fd = Libc.Open(at, Libc.O_PATH | Libc.O_CLOEXEC, 0);
            // "Not there" must not come of "can't be looked at": what is not known as ours would be granted.
            OutOfDescriptorsException.ThrowIfLack(fd < 0 ? Libc.LastError : 0);
            if (fd >= 0)
            {
                var real = Descriptor.RealPath(fd);
                _ = Libc.Close(fd);
                return real is null ? path
                    : real.TrimEnd('/') + rest is { Length: > 0 } whole ? whole
                    : "/";
            }

            if (at.Length == 1)
            {
                return path;
            }

            rest = at[at.LastIndexOf('/')..] + rest;
        }
    }

    private static void AddLinks(string path, HashSet<string> found, int left)
    {
        for (var end = path.IndexOf('/', 1); left > 0; end = path.IndexOf('/', end + 1))
        {
            var at = end < 0 ? path : path[..end];
            if (Descriptor.LinkTarget(at) is { } target)
            {
                var slash = at.LastIndexOf('/');
                var directory = RealPathOf(slash <= 0 ? "/" : at[..slash]);
                found.Add(Join(directory, at[slash..]));
                AddLinks(target.StartsWith('/') ? target : $"{directory.TrimEnd('/')}/{target}", found, left - 1);
            }

            if (end < 0)
            {
                return;
            }
        }
    }

    private static void AddOthers(string place, List<MountPoint> mounts, HashSet<string> found)
    {
        // The last that was mounted there is the one that is seen.
        if (
            mounts.FindLast(mount => IsWithin(place, mount.Path) && mounts.TrueForAll(other => !IsCloser(other, mount, place)))
            is not { } own
        )
        {
            return;
        }

        var inside = Join(own.Root, place[own.Path.TrimEnd('/').Length..]);
        foreach (var mount in mounts)
        {
            if (!string.Equals(mount.Device, own.Device, StringComparison.Ordinal))
            {
                continue;
            }

            if (IsWithin(inside, mount.Root))
            {
                found.Add(Join(mount.Path, inside[mount.Root.TrimEnd('/').Length..]));
            }
            else if (IsWithin(mount.Root, inside))
            {
                found.Add(mount.Path);
            }
        }
    }

    private static bool IsCloser(MountPoint other, MountPoint mount, string place) =>
        other.Path.Length > mount.Path.Length && IsWithin(place, other.Path);

    private static string Join(string directory, string rest) =>
        (directory.TrimEnd('/') + rest).TrimEnd('/') is { Length: > 0 } whole ? whole : "/";

    /// <summary>proc_pid_mountinfo(5): number, parent, device, root, path, and more.</summary>
    private List<MountPoint> Mounts()
    {
        var mounts = new List<MountPoint>();
        var table = mountTable ?? SystemText.Read("/proc/self/mountinfo") ?? throw new OutOfDescriptorsException(Errno.EMFILE);
        foreach (var line in table.Split('\n'))
        {
            if (line.Split(' ') is [_, _, var device, var root, var path, ..])
            {
                mounts.Add(new MountPoint(device, Unescape(root), Unescape(path)));
            }
        }

        return mounts;
    }

    /// <summary>Blanks, tabs, line breaks and backslashes are written as three octal digits.</summary>
    private static string Unescape(string text)
    {
        if (!text.Contains('\\', StringComparison.Ordinal))
        {
            return text;
        }

        var clear = new StringBuilder(text.Length);
        for (var at = 0; at < text.Length; at++)
        {
            if (text[at] == '\\' && at + 3 < text.Length)
            {
                clear.Append((char)(((text[at + 1] - '0') << 6) | ((text[at + 2] - '0') << 3) | (text[at + 3] - '0')));
                at += 3;
            }
            else
            {
                clear.Append(text[at]);
            }
        }

        return clear.ToString();
    }

    private sealed record MountPoint(string Device, string Root, string Path);
}
