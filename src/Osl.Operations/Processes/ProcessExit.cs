namespace Osl.Operations.Processes;

/// <summary>That a process has ended, and what it used.</summary>
/// <param name="Process">Which one.</param>
/// <param name="Status">How it ended; null when that can't be known (it was not our child).</param>
/// <param name="UserTime">CPU time in user mode, of it and of those of its children that it waited for.</param>
/// <param name="SystemTime">CPU time in the kernel, likewise.</param>
/// <param name="PeakMemory">
/// Largest resident set in bytes, of it or of one such child; 0 when unknown. On Linux never less than what the host itself had at the start:
/// a child shares its memory until the execve(2), and the kernel counts that (getrusage(2), ru_maxrss).
/// </param>
/// <param name="TimeLimitReached">Whether it was ended because its time limit ran out.</param>
public sealed record ProcessExit(
    ProcessRef Process,
    ExitStatus? Status,
    TimeSpan UserTime,
    TimeSpan SystemTime,
    long PeakMemory,
    bool TimeLimitReached = false
);
