using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Osl.Interop.Windows;

internal static partial class Kernel32
{
    /// <summary>FILE_DISPOSITION_INFO: one BOOLEAN, whether the file goes with its last handle.</summary>
    internal const int FileDispositionInfo = 4;

    /// <summary>SetFileInformationByHandle (fileapi.h). False: see GetLastError.</summary>
    [LibraryImport(Library, SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    [return: MarshalAs(UnmanagedType.Bool)]
    internal static unsafe partial bool SetFileInformationByHandle(
        SafeFileHandle file,
        int informationClass,
        void* information,
        uint bufferSize
    );
}
