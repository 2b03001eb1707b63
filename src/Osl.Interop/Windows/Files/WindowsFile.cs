using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;

namespace Osl.Interop.Windows;

/// <summary>What is thinly laid on file handles. Nothing here follows a reparse point in the last component.</summary>
[SupportedOSPlatform("windows")]
internal static unsafe class WindowsFile
{
    internal const uint ShareAll = Kernel32.FILE_SHARE_READ | Kernel32.FILE_SHARE_WRITE | Kernel32.FILE_SHARE_DELETE;

    private const int MaxPath = 248; // Room for an 8.3 name is kept for directories.

    /// <summary>Opens or makes a file, or opens a directory.</summary>
    /// <param name="path">Absolute.</param>
    /// <param name="access">What is to be done with it.</param>
    /// <param name="share">What others may do meanwhile.</param>
    /// <param name="disposition">Open, make, or both.</param>
    /// <param name="security">The security descriptor of what is made, self-relative; null to inherit.</param>
    /// <param name="error">The error code, or 0.</param>
    /// <returns>Null when it failed.</returns>
    internal static SafeFileHandle? Open(string path, uint access, uint share, uint disposition, byte[]? security, out int error)
    {
        const uint flags = Kernel32.FILE_ATTRIBUTE_NORMAL | Kernel32.FILE_FLAG_OPEN_REPARSE_POINT | Kernel32.FILE_FLAG_BACKUP_SEMANTICS;
        fixed (byte* descriptor = security)
        {
            var attributes = new SecurityAttributes { Length = (uint)sizeof(SecurityAttributes), Descriptor = (nint)descriptor };
            using var handle = Kernel32.CreateFile(Extended(path), access, share, &attributes, disposition, flags, 0);
            error = handle.IsInvalid ? Win32Error.Last : 0;
            return error == 0 ? new SafeFileHandle(handle.Take(), ownsHandle: true) : null;
        }
    }

    /// <summary>What an open file is.</summary>
    /// <returns>The error code, or 0.</returns>
    internal static int ReadAttributes(SafeFileHandle file, out FileAttributes attributes, out uint reparseTag)
    {
        var info = stackalloc uint[2];
        var done = Kernel32.GetFileInformationByHandleEx(file, Kernel32.FileAttributeTagInfo, info, 2 * sizeof(uint));
        attributes = done ? (FileAttributes)info[0] : FileAttributes.None;
        reparseTag = done ? info[1] : 0;
        return done ? 0 : Win32Error.Last;
    }

    /// <summary>Whether an open file is one: no directory, no device, no reparse point.</summary>
    internal static bool IsRegular(SafeFileHandle file) =>
        ReadAttributes(file, out var attributes, out _) == 0
        && (attributes & (FileAttributes.Directory | FileAttributes.Device | FileAttributes.ReparsePoint)) == FileAttributes.None;

    /// <summary>Removes the very file that is open (with DELETE), whatever its name leads to now; it goes with its last handle.</summary>
    /// <returns>The error code, or 0.</returns>
    internal static int Remove(SafeFileHandle file)
    {
        byte remove = 1;
        return Kernel32.SetFileInformationByHandle(file, Kernel32.FileDispositionInfo, &remove, 1) ? 0 : Win32Error.Last;
    }

    /// <summary>The form in which a long path is not cut.</summary>
    internal static string Extended(string path) =>
        path.Length < MaxPath || path.StartsWith(@"\\", StringComparison.Ordinal) ? path : @"\\?\" + path;
}
