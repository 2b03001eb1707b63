using System.Globalization;
using Osl.Operations.Processes;

namespace Osl.Executors.Linux;

/// <summary>A limit of a whole group, as the files of a controller are told it.</summary>
/// <param name="Name">As people call it.</param>
/// <param name="Controller">Whose it is.</param>
/// <param name="File">Of version 2.</param>
/// <param name="Value">What is written there.</param>
/// <param name="FileOfVersion1">Of version 1.</param>
/// <param name="ValueOfVersion1">What is written there.</param>
internal sealed record GroupLimit(string Name, string Controller, string File, string Value, string FileOfVersion1, string ValueOfVersion1)
{
    /// <summary>Microseconds in which the CPUs are shared out (cpu.max, cpu.cfs_period_us: the kernel's default).</summary>
    private const int Period = 100_000;

    /// <summary>The kernel refuses a quota below a millisecond.</summary>
    private const int LeastQuota = 1000;

    internal static IReadOnlyList<string> Controllers { get; } = ["memory", "pids", "cpu"];

    internal static IEnumerable<GroupLimit> Of(ResourceLimits limits)
    {
        if (limits.MemoryBytes is { } memory)
        {
            var bytes = memory.ToString(CultureInfo.InvariantCulture);
            yield return new GroupLimit("memory", "memory", "memory.max", bytes, "memory.limit_in_bytes", bytes);
        }

        if (limits.Processes is { } processes)
        {
            var count = processes.ToString(CultureInfo.InvariantCulture);
            yield return new GroupLimit("processes", "pids", "pids.max", count, "pids.max", count);
        }

        if (limits.CpuMillis is { } millis)
        {
            var quota = Math.Max(LeastQuota, (long)millis * Period / 1000).ToString(CultureInfo.InvariantCulture);
            yield return new GroupLimit("CPUs", "cpu", "cpu.max", $"{quota} {Period}", "cpu.cfs_quota_us", quota);
        }
    }
}
