using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;

namespace Osl.Interop.Windows;

/// <summary>
/// Locks of single bytes far beyond the end of any file (LockFileEx): locks are mandatory on Windows, and nobody reads or writes
/// there. They belong to the handle: two of one process exclude each other, and closing it, or the end of the process, frees them.
/// </summary>
[SupportedOSPlatform("windows")]
internal static unsafe class WindowsFileLock
{
    private const int High = 0x40000000;

    /// <summary>Locks a byte.</summary>
    /// <param name="file">Open synchronously.</param>
    /// <param name="number">Which one, by whatever the caller counts.</param>
    /// <param name="wait">Whether to wait for who holds it.</param>
    /// <returns>0, or the error code: ERROR_LOCK_VIOLATION when somebody else holds it.</returns>
    internal static int Take(SafeFileHandle file, int number, bool wait)
    {
        var place = new NativeOverlapped { OffsetLow = number, OffsetHigh = High };
        var flags = Kernel32.LOCKFILE_EXCLUSIVE_LOCK | (wait ? 0 : Kernel32.LOCKFILE_FAIL_IMMEDIATELY);
        return Kernel32.LockFileEx(file, flags, 0, 1, 0, &place) ? 0 : Win32Error.Last;
    }

    /// <summary>Gives a byte back.</summary>
    /// <returns>0, or the error code.</returns>
    internal static int Release(SafeFileHandle file, int number)
    {
        var place = new NativeOverlapped { OffsetLow = number, OffsetHigh = High };
        return Kernel32.UnlockFileEx(file, 0, 1, 0, &place) ? 0 : Win32Error.Last;
    }
}
