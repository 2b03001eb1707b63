namespace Osl.Interop.Windows;

/// <summary>Native calls of kernel32.dll, one a file. Errors are Win32 codes; see <see cref="Win32Error"/>.</summary>
internal static partial class Kernel32
{
    private const string Library = "kernel32.dll";
}
