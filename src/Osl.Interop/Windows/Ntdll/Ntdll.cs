namespace Osl.Interop.Windows;

/// <summary>Native calls of ntdll.dll, one a file. They answer with an NTSTATUS; negative is an error.</summary>
internal static partial class Ntdll
{
    private const string Library = "ntdll.dll";
}
