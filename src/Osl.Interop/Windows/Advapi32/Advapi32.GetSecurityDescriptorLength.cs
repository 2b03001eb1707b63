using System.Runtime.InteropServices;

namespace Osl.Interop.Windows;

internal static partial class Advapi32
{
    /// <summary>GetSecurityDescriptorLength (securitybaseapi.h), of one that is self-relative.</summary>
    [LibraryImport(Library)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    internal static partial uint GetSecurityDescriptorLength(nint securityDescriptor);
}
