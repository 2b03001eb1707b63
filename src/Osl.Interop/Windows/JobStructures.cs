using System.Runtime.InteropServices;

namespace Osl.Interop.Windows;

/// <summary>JOBOBJECT_BASIC_ACCOUNTING_INFORMATION.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct JobAccounting
{
    internal long TotalUserTime;
    internal long TotalKernelTime;
    internal long PeriodUserTime;
    internal long PeriodKernelTime;
    internal uint PageFaults;
    internal uint TotalProcesses;
    internal uint ActiveProcesses;
    internal uint TerminatedProcesses;
}

/// <summary>JOBOBJECT_EXTENDED_LIMIT_INFORMATION, its basic part included.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct JobLimits
{
    internal const uint ProcessTime = 0x2;
    internal const uint ActiveProcess = 0x8;
    internal const uint JobMemory = 0x200;
    internal const uint DieOnUnhandledException = 0x400;
    internal const uint KillOnJobClose = 0x2000;

    internal long ProcessTimeLimit;
    internal long JobTimeLimit;
    internal uint Flags;
    internal nuint MinimumWorkingSet;
    internal nuint MaximumWorkingSet;
    internal uint ActiveProcessLimit;
    internal nuint Affinity;
    internal uint PriorityClass;
    internal uint SchedulingClass;
    internal ulong Io1;
    internal ulong Io2;
    internal ulong Io3;
    internal ulong Io4;
    internal ulong Io5;
    internal ulong Io6;
    internal nuint ProcessMemoryLimit;
    internal nuint JobMemoryLimit;
    internal nuint PeakProcessMemory;
    internal nuint PeakJobMemory;
}

/// <summary>JOBOBJECT_CPU_RATE_CONTROL_INFORMATION.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct JobCpuRate
{
    internal const uint Enable = 1;
    internal const uint HardCap = 4;

    internal uint Flags;

    /// <summary>Hundredths of a percent of all processors together.</summary>
    internal uint Rate;
}

/// <summary>JOBOBJECT_ASSOCIATE_COMPLETION_PORT.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct JobPort
{
    internal nuint Key;
    internal nint Port;
}
