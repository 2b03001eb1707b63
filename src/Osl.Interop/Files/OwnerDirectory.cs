using System.Runtime.Versioning;

namespace Osl.Interop.Files;

/// <summary>Directories that are this account's alone.</summary>
[UnsupportedOSPlatform("windows")]
internal static class OwnerDirectory
{
    /// <summary>
    /// Makes a directory and all that is missing above it, each with mode 0700. Directory.CreateDirectory gives its mode to the last one
    /// only: under umask 002 those above would be writable to the group, and so not trusted.
    /// </summary>
    /// <param name="directory">An absolute path. What is there already stays as it is.</param>
    internal static void Make(string directory)
    {
        if (Path.GetDirectoryName(directory) is { Length: > 0 } parent && !Path.Exists(parent))
        {
            Make(parent);
        }

        Directory.CreateDirectory(directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }
}
