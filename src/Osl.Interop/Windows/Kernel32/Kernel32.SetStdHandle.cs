using System.Runtime.InteropServices;

namespace Osl.Interop.Windows;

internal static partial class Kernel32
{
    /// <summary>SetStdHandle: changes what GetStdHandle says, and what a child is given that is told of no other.</summary>
    [LibraryImport(Library, EntryPoint = "SetStdHandle", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    internal static partial int SetStdHandle(int which, nint handle);
}
