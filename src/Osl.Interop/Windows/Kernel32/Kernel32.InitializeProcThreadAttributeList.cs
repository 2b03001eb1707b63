using System.Runtime.InteropServices;

namespace Osl.Interop.Windows;

internal static partial class Kernel32
{
    /// <summary>InitializeProcThreadAttributeList: with no list, the size that is needed.</summary>
    [LibraryImport(Library, EntryPoint = "InitializeProcThreadAttributeList", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    internal static unsafe partial int InitializeProcThreadAttributeList(void* list, int count, uint flags, nuint* size);
}
