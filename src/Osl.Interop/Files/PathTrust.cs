using System.Globalization;
using Osl.Interop.Linux;
using Osl.Interop.Windows;

namespace Osl.Interop.Files;

/// <summary>Why a path is not trusted.</summary>
internal enum PathProblem
{
    /// <summary>It is trusted.</summary>
    None,

    /// <summary>Empty, or with a NUL in it.</summary>
    Malformed,

    /// <summary>It does not exist, or can't be looked at.</summary>
    Unreadable,

    /// <summary>A component belongs neither to root nor to us.</summary>
    ForeignOwner,

    /// <summary>Group or others may write to a component.</summary>
    WritableByOthers,

    /// <summary>The last component is a symbolic link, or links lead nowhere.</summary>
    Symlink,

    /// <summary>It is on another machine, or on something that is no drive (Windows only).</summary>
    Remote,
}

/// <summary>Whether a path is trusted (knowledge/trusted-paths.md), and if not, which component of it isn't and why.</summary>
/// <param name="Problem">None when it is trusted.</param>
/// <param name="Component">The component that decided: an absolute path, links above it followed. The path itself when trusted.</param>
internal readonly record struct PathTrust(PathProblem Problem, string Component)
{
    internal bool IsTrusted => Problem == PathProblem.None;

    /// <summary>Whether the component is not there, and everything above it is trusted: what is made in its place now is ours.</summary>
    internal bool IsMissing =>
        Problem == PathProblem.Unreadable
        && (
            OperatingSystem.IsWindows()
                ? Error is Win32Error.ERROR_FILE_NOT_FOUND or Win32Error.ERROR_PATH_NOT_FOUND
                : Error == Errno.ENOENT
        );

    /// <summary>Who owns the component.</summary>
    internal uint Owner { get; init; }

    /// <summary>The component's permission bits, with set-uid, set-gid and sticky.</summary>
    internal int Mode { get; init; }

    /// <summary>errno, or the Win32 code, where it could not be looked at.</summary>
    internal int Error { get; init; }

    /// <summary>What to say of it on Windows, where owners have names and rights are no bits of a mode; null elsewhere.</summary>
    internal string? Phrase { get; init; }

    /// <summary>One phrase for a message; the path in it is untrusted text.</summary>
    internal string Describe() =>
        Problem switch
        {
            PathProblem.None => $"'{Component}' is trusted",
            PathProblem.Malformed => "the path is empty or malformed",
            _ when IsMissing => $"'{Component}' does not exist",
            _ when Phrase is not null => Phrase,
            PathProblem.Unreadable => $"'{Component}' can't be examined ({Errno.Name(Error)})",
            PathProblem.ForeignOwner => string.Create(CultureInfo.InvariantCulture, $"'{Component}' belongs to uid {Owner}"),
            PathProblem.WritableByOthers => $"'{Component}' is writable by group or others (mode {Octal(Mode)})",
            _ => $"'{Component}' is a symbolic link",
        };

    /// <summary>What to do about it, a sentence; the path in it is untrusted text.</summary>
    internal string Remedy() =>
        Problem switch
        {
            _ when IsMissing => $"Make '{Component}', or correct its name.",
            PathProblem.WritableByOthers when !OperatingSystem.IsWindows() => $"Take that away: chmod go-w '{Component}'.",
            PathProblem.ForeignOwner or PathProblem.WritableByOthers =>
                "Give it to this account, or use a place that only this account can change.",
            PathProblem.Unreadable => $"Let this account look at '{Component}'.",
            PathProblem.Symlink => "Name what the link leads to, or put that itself there.",
            PathProblem.Remote => "Use a place on a drive of this machine.",
            _ => "Correct the path.",
        };

    private static string Octal(int mode) => Convert.ToString(mode, 8).PadLeft(4, '0');
}
