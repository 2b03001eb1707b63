using System.Runtime.InteropServices;

namespace Osl.Interop.Windows;

internal static partial class Kernel32
{
    internal const nuint PROC_THREAD_ATTRIBUTE_HANDLE_LIST = 0x20002;
    internal const nuint PROC_THREAD_ATTRIBUTE_JOB_LIST = 0x2000D;

    /// <summary>UpdateProcThreadAttribute. The value has to stay where it is until the process is created.</summary>
    [LibraryImport(Library, EntryPoint = "UpdateProcThreadAttribute", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    internal static unsafe partial int UpdateProcThreadAttribute(
        void* list,
        uint flags,
        nuint attribute,
        void* value,
        nuint size,
        nint previous,
        nint returned
    );
}
