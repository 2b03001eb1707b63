using System.Runtime.InteropServices;

namespace Osl.Interop.Windows;

internal static partial class Advapi32
{
    /// <summary>ConvertStringSecurityDescriptorToSecurityDescriptorW: free the result by LocalFree.</summary>
    [LibraryImport(
        Library,
        EntryPoint = "ConvertStringSecurityDescriptorToSecurityDescriptorW",
        SetLastError = true,
        StringMarshalling = StringMarshalling.Utf16
    )]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    internal static partial int ConvertStringSecurityDescriptorToSecurityDescriptor(
        string text,
        uint revision,
        out nint descriptor,
        nint size
    );
}
