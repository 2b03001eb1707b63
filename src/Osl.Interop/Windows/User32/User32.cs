namespace Osl.Interop.Windows;

/// <summary>Native calls of user32.dll, one a file. Errors are Win32 codes; see <see cref="Win32Error"/>.</summary>
internal static partial class User32
{
    private const string Library = "user32.dll";
}
