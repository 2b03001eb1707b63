namespace Osl.Interop.Windows;

/// <summary>Native calls of advapi32.dll, one a file. Errors are Win32 codes; see <see cref="Win32Error"/>.</summary>
internal static partial class Advapi32
{
    private const string Library = "advapi32.dll";
}
