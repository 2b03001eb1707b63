using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Osl.Interop.Windows;

internal static partial class Kernel32
{
    /// <summary>UnlockFileEx (fileapi.h): exactly a range that this handle has locked. False: see GetLastError.</summary>
    [LibraryImport(Library, SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    [return: MarshalAs(UnmanagedType.Bool)]
    internal static unsafe partial bool UnlockFileEx(
        SafeFileHandle file,
        uint reserved,
        uint bytesLow,
        uint bytesHigh,
        NativeOverlapped* overlapped
    );
}
