using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Osl.Interop.Windows;

internal static partial class Kernel32
{
    internal const uint LOCKFILE_FAIL_IMMEDIATELY = 1;
    internal const uint LOCKFILE_EXCLUSIVE_LOCK = 2;

    /// <summary>LockFileEx (fileapi.h). Waits on a synchronous handle unless told to fail. False: see GetLastError.</summary>
    [LibraryImport(Library, SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    [return: MarshalAs(UnmanagedType.Bool)]
    internal static unsafe partial bool LockFileEx(
        SafeFileHandle file,
        uint flags,
        uint reserved,
        uint bytesLow,
        uint bytesHigh,
        NativeOverlapped* overlapped
    );
}
