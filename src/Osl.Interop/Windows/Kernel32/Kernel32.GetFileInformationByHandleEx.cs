using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Osl.Interop.Windows;

internal static partial class Kernel32
{
    /// <summary>FILE_ATTRIBUTE_TAG_INFO: the attributes, then the reparse tag, each a DWORD.</summary>
    internal const int FileAttributeTagInfo = 9;

    /// <summary>GetFileInformationByHandleEx (winbase.h). False: see GetLastError.</summary>
    [LibraryImport(Library, SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    [return: MarshalAs(UnmanagedType.Bool)]
    internal static unsafe partial bool GetFileInformationByHandleEx(
        SafeFileHandle file,
        int informationClass,
        void* information,
        uint bufferSize
    );
}
