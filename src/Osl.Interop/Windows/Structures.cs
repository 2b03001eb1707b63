using System.Runtime.InteropServices;

namespace Osl.Interop.Windows;

/// <summary>SECURITY_ATTRIBUTES.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct SecurityAttributes
{
    internal uint Length;
    internal nint Descriptor;
    internal int InheritHandle;
}

/// <summary>BY_HANDLE_FILE_INFORMATION; times are two halves each.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct FileInformation
{
    internal const uint Directory = 0x10;

    internal uint Attributes;
    internal uint CreationLow;
    internal uint CreationHigh;
    internal uint AccessLow;
    internal uint AccessHigh;
    internal uint WriteLow;
    internal uint WriteHigh;
    internal uint VolumeSerial;
    internal uint SizeHigh;
    internal uint SizeLow;
    internal uint Links;
    internal uint IdHigh;
    internal uint IdLow;
}

/// <summary>STARTUPINFOEXW.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct StartupInfoEx
{
    internal const uint UseStandardHandles = 0x100;

    internal uint Size;
    internal nint Reserved;
    internal nint Desktop;
    internal nint Title;
    internal uint X;
    internal uint Y;
    internal uint Width;
    internal uint Height;
    internal uint Columns;
    internal uint Rows;
    internal uint Fill;
    internal uint Flags;
    internal ushort Show;
    internal ushort Reserved2Size;
    internal nint Reserved2;
    internal nint Input;
    internal nint Output;
    internal nint Error;
    internal void* Attributes;
}

/// <summary>PROCESS_INFORMATION.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct ProcessInformation
{
    internal nint Process;
    internal nint Thread;
    internal uint ProcessId;
    internal uint ThreadId;
}

/// <summary>PROCESS_MEMORY_COUNTERS.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct MemoryCounters
{
    internal uint Size;
    internal uint PageFaults;
    internal nuint PeakWorkingSet;
    internal nuint WorkingSet;
    internal nuint QuotaPeakPaged;
    internal nuint QuotaPaged;
    internal nuint QuotaPeakNonPaged;
    internal nuint QuotaNonPaged;
    internal nuint Pagefile;
    internal nuint PeakPagefile;
}
