using System.Runtime.Versioning;
using Osl.Interop.Windows;

namespace Osl.Interop.Files;

/// <summary>
/// Whether nobody but ourselves, SYSTEM, Administrators and TrustedInstaller could have put something else where a path leads
/// (knowledge/trusted-paths.md).
/// </summary>
/// <remarks>
/// Each component must belong to one of them. In a directory above the last component others may make things of their own, as the
/// system lets them in C:\ and ProgramData, but neither rename nor remove what is there nor change who may; the last component they
/// may not change at all. A link on the way is followed, and everything it leads through is held to the same rule; as the last
/// component any reparse point is refused. Network drives, UNC and device paths are: who may do what there is another machine's say.
/// </remarks>
[SupportedOSPlatform("windows")]
internal static class WindowsTrustedPath
{
    // As many as the system follows in one path (MAXIMUM_REPARSE_POINTS).
    private const int MaxLinks = 63;
    private const uint NameSurrogate = 0x20000000;

    internal static PathTrust Examine(string path)
    {
        if (string.IsNullOrEmpty(path) || path.Contains('\0', StringComparison.Ordinal))
        {
            return new PathTrust(PathProblem.Malformed, path ?? "");
        }

        // By text, '..' included, as the system itself reads a path before it walks it.
        var full = Path.GetFullPath(path);
        for (var links = 0; links <= MaxLinks; links++)
        {
            var verdict = Walk(full, out var redirected);
            if (redirected is null)
            {
                return verdict;
            }

            full = redirected;
        }

        return Links(full);
    }

    /// <param name="full">Absolute, in the form of the system.</param>
    /// <param name="redirected">Where a link on the way leads, with the rest of the path; null when the verdict is there.</param>
    private static PathTrust Walk(string full, out string? redirected)
    {
        redirected = null;
        var current = Path.GetPathRoot(full) ?? "";
        if (current.StartsWith(@"\\", StringComparison.Ordinal) || !IsLocal(current))
        {
            return new PathTrust(PathProblem.Remote, full) { Phrase = $"'{full}' is not on a drive of this machine" };
        }

        var names = full[current.Length..].Split(Path.DirectorySeparatorChar, StringSplitOptions.RemoveEmptyEntries);
        if (Array.Exists(names, name => name.Contains(':', StringComparison.Ordinal)))
        {
            return new PathTrust(PathProblem.Malformed, full);
        }

        var verdict = Component(current, isLast: names.Length == 0, out _);
        for (var i = 0; i < names.Length && verdict.IsTrusted; i++)
        {
            var above = current;
            current = Path.Combine(current, names[i]);
            verdict = Component(current, isLast: i == names.Length - 1, out var isLink);
            if (!isLink || !verdict.IsTrusted)
            {
                continue;
            }

            if (new DirectoryInfo(current).LinkTarget is not { Length: > 0 } target)
            {
                return Links(current);
            }

            redirected = Path.GetFullPath(Path.Combine([above, target, .. names.AsSpan(i + 1)]));
            return verdict;
        }

        return verdict;
    }

    private static PathTrust Component(string path, bool isLast, out bool isLink)
    {
        isLink = false;
        const uint access = Kernel32.READ_CONTROL | Kernel32.FILE_READ_ATTRIBUTES;
        using var handle = WindowsFile.Open(path, access, WindowsFile.ShareAll, Kernel32.OPEN_EXISTING, null, out var error);
        if (handle is null)
        {
            return Unreadable(path, error);
        }

        error = WindowsFile.ReadAttributes(handle, out var attributes, out var tag);
        if (error != 0 || (error = FileSecurityReader.Read(handle, out var list)) != 0)
        {
            return Unreadable(path, error);
        }

        var isReparsePoint = attributes.HasFlag(FileAttributes.ReparsePoint);
        // Others (files kept in a cloud, deduplicated ones) lead nowhere else.
        isLink = isReparsePoint && (tag & NameSurrogate) != 0;
        return Judge(path, list, WindowsAccounts.Trusted, isLast, isReparsePoint);
    }

    /// <summary>Judges what was read of one component.</summary>
    internal static PathTrust Judge(string path, FileAccessList list, IReadOnlySet<string> trusted, bool isLast, bool isReparsePoint)
    {
        if (!trusted.Contains(list.Owner))
        {
            return new PathTrust(PathProblem.ForeignOwner, path) { Phrase = $"'{path}' belongs to {WindowsAccounts.NameOf(list.Owner)}" };
        }

        if (isReparsePoint && isLast)
        {
            return Links(path);
        }

        return list.OtherWith(isLast ? FileRights.Change : FileRights.ReplaceBelow, trusted) is { } other
            ? new PathTrust(PathProblem.WritableByOthers, path) { Phrase = $"'{path}' can be changed by {WindowsAccounts.NameOf(other)}" }
            : new PathTrust(PathProblem.None, path);
    }

    private static PathTrust Links(string path) =>
        new(PathProblem.Symlink, path) { Phrase = $"'{path}' is a link or another reparse point" };

    private static PathTrust Unreadable(string path, int error) =>
        new(PathProblem.Unreadable, path) { Error = error, Phrase = $"'{path}' can't be examined ({Win32Error.Name(error)})" };

    private static bool IsLocal(string root) =>
        root.Length > 0 && new DriveInfo(root).DriveType is DriveType.Fixed or DriveType.Removable or DriveType.Ram;
}
