using Osl.Interop.Windows;
using Osl.Operations;
using Osl.Operations.Processes;

namespace Osl.Executors.Windows;

/// <summary>
/// Priority, processors and limits: what of a request Windows has, and how it is said to it. A limit that is not enforced is refused,
/// never left out: Wine takes every limit of a job and enforces none (knowledge/windows-jobs-and-pipes.md).
/// </summary>
internal static class LaunchResources
{
    /// <summary>A processor group has so many; a process begins in one group.</summary>
    private const int MostProcessors = 64;

    private const int ThousandthsOfOne = 1000;
    private const uint AllOfTheRate = 10_000;

    /// <summary>Why a request can't be kept; null when it can.</summary>
    internal static OperationError? Refusal(IReadOnlyCollection<int> affinity, ResourceLimits? limits, bool enforced)
    {
        var available = Math.Min(Environment.ProcessorCount, MostProcessors);
        if (affinity.Count > 0 && affinity.Max() >= available)
        {
            return new LimitUnavailable("CPU affinity", $"this host can use the CPUs 0 to {available - 1} only");
        }

        if (limits is null)
        {
            return null;
        }

        var unknown =
            limits.OpenFiles is not null ? "open files"
            : limits.FileSizeBytes is not null ? "file size"
            : limits.CoreDumpBytes is not null ? "core dump size"
            : null;
        return unknown is not null ? new LimitUnavailable(unknown, "Windows has no such limit")
            : enforced ? null
            : new LimitUnavailable("of a job object", "Wine takes it and does not enforce it");
    }

    /// <summary>The limits of a job that is made for one launch.</summary>
    internal static JobLimits LimitsOf(LaunchPlan plan)
    {
        var limits = new JobLimits { Flags = plan.Lifetime == ProcessLifetime.Managed ? JobLimits.KillOnJobClose : 0 };
        if (plan.Limits is { MemoryBytes: { } memory })
        {
            limits.Flags |= JobLimits.JobMemory;
            limits.JobMemoryLimit = (nuint)memory;
        }

        if (plan.Limits is { Processes: { } processes })
        {
            limits.Flags |= JobLimits.ActiveProcess;
            limits.ActiveProcessLimit = (uint)processes;
        }

        if (plan.Limits is { CpuTime: { } time })
        {
            limits.Flags |= JobLimits.ProcessTime;
            limits.ProcessTimeLimit = time.Ticks;
        }

        return limits;
    }

    /// <summary>The share of all processors; null when none is asked for.</summary>
    internal static JobCpuRate? RateOf(ResourceLimits? limits) =>
        limits?.CpuMillis is { } millis
            ? new JobCpuRate
            {
                Flags = JobCpuRate.Enable | JobCpuRate.HardCap,
                Rate = (uint)Math.Clamp((long)millis * AllOfTheRate / ThousandthsOfOne / Environment.ProcessorCount, 1, AllOfTheRate),
            }
            : null;

    /// <summary>The priority class for a nice value: 19 is idle, 0 normal, -20 high; never real-time.</summary>
    internal static uint PriorityOf(int nice) =>
        nice switch
        {
            >= 15 => Kernel32.IDLE_PRIORITY_CLASS,
            > 0 => Kernel32.BELOW_NORMAL_PRIORITY_CLASS,
            0 => Kernel32.NORMAL_PRIORITY_CLASS,
            > -15 => Kernel32.ABOVE_NORMAL_PRIORITY_CLASS,
            _ => Kernel32.HIGH_PRIORITY_CLASS,
        };

    internal static nuint MaskOf(IReadOnlyCollection<int> affinity) =>
        affinity.Aggregate((nuint)0, (mask, cpu) => mask | ((nuint)1 << cpu));
}
