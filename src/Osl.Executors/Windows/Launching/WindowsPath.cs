using System.Buffers;

namespace Osl.Executors.Windows;

/// <summary>
/// Which paths are taken: those that mean one file to everybody. Win32 reads many that don't: it strips dots and spaces from ends, has
/// devices in every directory, a current directory for each drive, streams behind a colon, and prefixes that turn all of that off.
/// Those are refused rather than read the same way as Win32 does (adr/0017-windows-programs.md).
/// </summary>
internal static class WindowsPath
{
    private static readonly SearchValues<char> Forbidden = SearchValues.Create("<>\"|?*");

    private static readonly string[] Devices = ["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$", "CLOCK$"];

    /// <summary>Why a path is not taken; null when it is.</summary>
    /// <param name="path">Relative, or absolute.</param>
    internal static string? FlawOf(string path)
    {
        var text = path.Replace('/', '\\');
        if (text.Length == 0 || text.AsSpan().ContainsAnyInRange('\0', '\x1F') || text.AsSpan().ContainsAny(Forbidden))
        {
            return text.StartsWith(@"\\?", StringComparison.Ordinal)
                ? "a path with a device prefix, for which the rules of paths are turned off"
                : "no path, or one with a character that no file name has";
        }

        if (text.StartsWith(@"\\", StringComparison.Ordinal) || text.StartsWith(@"\?", StringComparison.Ordinal))
        {
            return "a path on a server or of a device; what another machine keeps can't be held still";
        }

        if (text[0] == '\\')
        {
            return "a path without its drive, which depends on the current one";
        }

        var rest = text;
        if (text.Length >= 2 && text[1] == ':')
        {
            if (!char.IsAsciiLetter(text[0]) || text.Length < 3 || text[2] != '\\')
            {
                return "a path relative to the current directory of a drive";
            }

            rest = text[3..];
        }

        return rest.Split('\\').Select(FlawOfName).FirstOrDefault(flaw => flaw is not null);
    }

    /// <summary>Whether it begins with a drive and its root.</summary>
    internal static bool IsAbsolute(string path) => path is [var drive, ':', '\\' or '/', ..] && char.IsAsciiLetter(drive);

    private static string? FlawOfName(string name)
    {
        if (name is "" or "." or "..")
        {
            return null;
        }

        if (name.Contains(':', StringComparison.Ordinal))
        {
            return "a path with a colon within a name, which means a stream of a file";
        }

        if (name[^1] is '.' or ' ' || name[0] == ' ')
        {
            return "a path with a name that begins or ends with a space, or ends with a dot: Win32 strips those";
        }

        return IsDevice(name) ? "a path with the name of a device, which is the device in every directory" : null;
    }

    private static bool IsDevice(string name)
    {
        var dot = name.IndexOf('.', StringComparison.Ordinal);
        var stem = (dot < 0 ? name : name[..dot]).TrimEnd(' ');
        return Devices.Contains(stem, StringComparer.OrdinalIgnoreCase)
            || (
                stem.Length == 4
                && (
                    stem.StartsWith("COM", StringComparison.OrdinalIgnoreCase) || stem.StartsWith("LPT", StringComparison.OrdinalIgnoreCase)
                )
                && stem[3] is (>= '0' and <= '9') or '\u00B9' or '\u00B2' or '\u00B3'
            );
    }
}
