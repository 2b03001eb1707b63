using Osl.Interop.Linux;

namespace Osl.Interop.Files;

/// <summary>
/// Whether nobody but root and us could have put something else where a path leads (knowledge/trusted-paths.md).
/// </summary>
/// <remarks>
/// Each component must belong to root or to our effective uid and be writable by nobody else; a directory above the last component
/// may be sticky instead, since there nobody can rename or remove what is ours. A symbolic link on the way is followed as the kernel
/// would, and everything it leads through is held to the same rule; as the last component it is refused. The answer can't be
/// overtaken by anyone it does not trust: who could change the path after the look was refused by it.
/// </remarks>
internal static class TrustedPath
{
    private const int Sticky = 0x200;
    private const int GroupOrOtherWrite = 0x12;

    // As many as the kernel follows (path_resolution(7)).
    private const int MaxLinks = 40;

    /// <summary>Looks at every component; on Windows by other rules (<see cref="WindowsTrustedPath"/>).</summary>
    /// <param name="path">Absolute, or relative to the current directory.</param>
    internal static PathTrust Examine(string path) =>
        OperatingSystem.IsWindows() ? WindowsTrustedPath.Examine(path) : Examine(path, Libc.GetEuid());

    /// <summary>The same for another account's eyes.</summary>
    /// <param name="path">Absolute, or relative to the current directory.</param>
    /// <param name="uid">Whose trust is asked for.</param>
    internal static PathTrust Examine(string path, uint uid)
    {
        if (string.IsNullOrEmpty(path) || path.Contains('\0', StringComparison.Ordinal))
        {
            return new PathTrust(PathProblem.Malformed, path ?? "");
        }

        // Not Path.GetFullPath: it takes '..' away by text, which after a link is another directory than the kernel's.
        var left = new Stack<string>();
        Push(left, path[0] == '/' ? path : $"{Environment.CurrentDirectory}/{path}");
        var resolved = new List<string>();
        var links = 0;
        var verdict = Component("/", uid, isLast: left.Count == 0, out _);
        while (verdict.IsTrusted && left.TryPop(out var name))
        {
            if (string.Equals(name, "..", StringComparison.Ordinal))
            {
                resolved.RemoveRange(Math.Max(0, resolved.Count - 1), Math.Min(1, resolved.Count));
                // The directory was examined on the way in, but leniently, as one above others: as the last it must hold again.
                verdict = left.Count == 0 ? Component(Join(resolved), uid, isLast: true, out _) : verdict;
                continue;
            }

            resolved.Add(name);
            var current = Join(resolved);
            verdict = Component(current, uid, isLast: left.Count == 0, out var isLink);
            if (!verdict.IsTrusted || !isLink)
            {
                continue;
            }

            if (Descriptor.LinkTarget(current) is not { } target || ++links > MaxLinks)
            {
                return new PathTrust(PathProblem.Symlink, current);
            }

            resolved.RemoveAt(resolved.Count - 1);
            if (target[0] == '/')
            {
                resolved.Clear();
            }

            Push(left, target);
        }

        return verdict;
    }

    private static void Push(Stack<string> left, string path)
    {
        var names = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        for (var i = names.Length - 1; i >= 0; i--)
        {
            if (!string.Equals(names[i], ".", StringComparison.Ordinal))
            {
                left.Push(names[i]);
            }
        }
    }

    private static string Join(List<string> names) => "/" + string.Join('/', names);

    private static PathTrust Component(string path, uint uid, bool isLast, out bool isLink)
    {
        isLink = false;
        if (FileStatus.Read(path, out var status) is var error and not 0)
        {
            return new PathTrust(PathProblem.Unreadable, path) { Error = error };
        }

        isLink = status.IsSymlink;
        // A link's own mode says nothing; who may replace it is said by its owner and its directory.
        var writable = !isLink && (status.Permissions & GroupOrOtherWrite) != 0;
        var excused = !isLast && status.IsDirectory && (status.Permissions & Sticky) != 0;
        var problem =
            status.OwnerUid != 0 && status.OwnerUid != uid ? PathProblem.ForeignOwner
            : isLink && isLast ? PathProblem.Symlink
            : writable && !excused ? PathProblem.WritableByOthers
            : PathProblem.None;
        return new PathTrust(problem, path) { Owner = status.OwnerUid, Mode = status.Permissions };
    }
}
