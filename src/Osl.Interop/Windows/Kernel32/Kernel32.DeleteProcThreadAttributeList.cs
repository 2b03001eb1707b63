using System.Runtime.InteropServices;

namespace Osl.Interop.Windows;

internal static partial class Kernel32
{
    /// <summary>DeleteProcThreadAttributeList.</summary>
    [LibraryImport(Library, EntryPoint = "DeleteProcThreadAttributeList")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    internal static unsafe partial void DeleteProcThreadAttributeList(void* list);
}
