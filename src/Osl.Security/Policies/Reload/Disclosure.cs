using System.Globalization;
using Microsoft.Win32.SafeHandles;
using Osl.Interop.Files;
using Osl.Interop.Linux;

namespace Osl.Security.Policies;

/// <summary>
/// Whether what stands in a file may be told to whoever has named it. Root can read every file; who may run osl as root, by sudo(8) or
/// through a service, is to learn from its messages no more than he could read himself.
/// </summary>
/// <remarks>
/// Told is what anybody could read. Else, under sudo or pkexec, what belongs to the account that called; and without them what lies on a
/// trusted path: a path that others can change may lead anywhere, by their choice. What a caller may read by his groups or by an access
/// control list is not known here, and not told.
/// </remarks>
internal static class Disclosure
{
    private const int OthersRead = 0x4;
    private const int OthersSearch = 0x1;

    /// <summary>Asks about an open file, which nobody can exchange any more.</summary>
    /// <param name="path">As it was named.</param>
    /// <param name="file">Open.</param>
    internal static bool IsAllowed(string path, SafeFileHandle file) =>
        OperatingSystem.IsWindows()
        || Libc.GetEuid() != 0
        || (
            FileStatus.Read(file, out var status) == 0
            && (IsEverybodys(file, status) || (Caller() is { } caller ? status.OwnerUid == caller : TrustedPath.Examine(path).IsTrusted))
        );

    // Root who calls sudo is root.
    private static uint? Caller() =>
        (Environment.GetEnvironmentVariable("SUDO_UID") ?? Environment.GetEnvironmentVariable("PKEXEC_UID")) is { Length: > 0 } text
            // What is no number is nobody's.
            ? uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var uid)
                ? (uid == 0 ? null : uid)
                : uint.MaxValue
            : null;

    private static bool IsEverybodys(SafeFileHandle file, in FileStatus status)
    {
        if ((status.Permissions & OthersRead) == 0 || RealPath(file) is not { } path)
        {
            return false;
        }

        for (var directory = Path.GetDirectoryName(path); directory is not null; directory = Path.GetDirectoryName(directory))
        {
            if (FileStatus.Read(directory, out var above) != 0 || !above.IsDirectory || (above.Permissions & OthersSearch) == 0)
            {
                return false;
            }
        }

        return true;
    }

    private static string? RealPath(SafeFileHandle file)
    {
        var added = false;
        try
        {
            file.DangerousAddRef(ref added);
            return Descriptor.RealPath((int)file.DangerousGetHandle());
        }
        finally
        {
            if (added)
            {
                file.DangerousRelease();
            }
        }
    }
}
