using System.Runtime.InteropServices;

namespace Osl.Interop.Windows;

/// <summary>Which boot of the machine this is.</summary>
internal static unsafe class SystemBoot
{
    /// <summary>
    /// A number that two boots never share: when this one began, less what the clock was set by since (knowledge/journal-on-windows.md).
    /// 0 when the system does not tell.
    /// </summary>
    internal static long Identity { get; } = Read();

    private static long Read()
    {
        if (!OperatingSystem.IsWindows())
        {
            return 0;
        }

        TimeOfDay time;
        var status = Ntdll.NtQuerySystemInformation(Ntdll.SystemTimeOfDayInformation, &time, (uint)sizeof(TimeOfDay), out _);
        return status < 0 ? 0 : time.BootTime - time.BootTimeBias;
    }

    /// <summary>SYSTEM_TIMEOFDAY_INFORMATION.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct TimeOfDay
    {
        internal long BootTime;
        internal long CurrentTime;
        internal long TimeZoneBias;
        internal uint TimeZoneId;
        internal uint Reserved;
        internal long BootTimeBias;
        internal long SleepTimeBias;
    }
}
