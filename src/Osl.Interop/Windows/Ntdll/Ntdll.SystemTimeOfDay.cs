namespace Osl.Interop.Windows;

internal static partial class Ntdll
{
    /// <summary>For NtQuerySystemInformation: when the machine was booted, and what its clock was set by since.</summary>
    internal const int SystemTimeOfDayInformation = 3;
}
