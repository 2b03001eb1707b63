using System.Runtime.Versioning;

namespace Osl.Interop.Windows;

/// <summary>Directories for ourselves alone.</summary>
[SupportedOSPlatform("windows")]
internal static unsafe class PrivateDirectory
{
    /// <summary>Makes a directory, and what is missing above it, for ourselves alone. One that is there stays as it is.</summary>
    /// <param name="path">Absolute.</param>
    /// <returns>The error code, or 0.</returns>
    internal static int Make(string path)
    {
        if (Path.Exists(path))
        {
            return 0;
        }

        if (Path.GetDirectoryName(path) is { Length: > 0 } parent && Make(parent) is var above and not 0)
        {
            return above;
        }

        fixed (byte* descriptor = WindowsAccounts.PrivateDirectory)
        {
            var attributes = new SecurityAttributes { Length = (uint)sizeof(SecurityAttributes), Descriptor = (nint)descriptor };
            return Kernel32.CreateDirectory(WindowsFile.Extended(path), &attributes) ? 0
                : Win32Error.Last is var error and not Win32Error.ERROR_ALREADY_EXISTS ? error
                : 0;
        }
    }
}
