using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Osl.Interop.Windows;

internal static partial class Advapi32
{
    internal const int SE_FILE_OBJECT = 1;
    internal const uint OWNER_SECURITY_INFORMATION = 1;
    internal const uint DACL_SECURITY_INFORMATION = 4;

    /// <summary>GetSecurityInfo (aclapi.h). The descriptor is freed with LocalFree. Returns the error code, or 0.</summary>
    [LibraryImport(Library)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    internal static unsafe partial int GetSecurityInfo(
        SafeFileHandle handle,
        int objectType,
        uint securityInformation,
        nint* owner,
        nint* group,
        nint* dacl,
        nint* sacl,
        out nint securityDescriptor
    );
}
