namespace Osl.Supervision.Pools;

/// <summary>What can be said of a <see cref="ProcessPool"/>.</summary>
public sealed record ProcessPoolOptions
{
    /// <summary>How many run at once: as many as there are processors unless said otherwise; 1 or more.</summary>
    public int MaxRunning { get; init; } = Environment.ProcessorCount;

    /// <summary>How many wait for their turn; one more is refused: 100 unless said otherwise; 0 or more.</summary>
    public int MaxQueued { get; init; } = 100;

    /// <summary>How many are started within <see cref="RateWindow"/>; null for any number. 1 or more.</summary>
    public int? MaxStarts { get; init; }

    /// <summary>The window in which starts are counted: 1 s unless said otherwise; above zero.</summary>
    public TimeSpan RateWindow { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The clock of the rate and of the waits.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;
}

/// <summary>What a pool has done, since it was made.</summary>
/// <param name="Running">How many run now.</param>
/// <param name="Queued">How many wait now.</param>
/// <param name="Started">How many were given to the executor.</param>
/// <param name="Succeeded">How many exited with 0.</param>
/// <param name="Failed">How many ended otherwise, or could not be started.</param>
/// <param name="Refused">How many found the queue full or the pool closed.</param>
/// <param name="Withdrawn">How many were cancelled while they waited.</param>
/// <param name="CpuTime">The CPU time of those that have ended, and of those they waited for.</param>
/// <param name="PeakMemory">The largest resident set of one of them, in bytes (see <see cref="Operations.Processes.ProcessExit.PeakMemory"/>).</param>
/// <param name="LongestWait">The longest time that one has waited for its turn.</param>
public sealed record ProcessPoolAccount(
    int Running,
    int Queued,
    long Started,
    long Succeeded,
    long Failed,
    long Refused,
    long Withdrawn,
    TimeSpan CpuTime,
    long PeakMemory,
    TimeSpan LongestWait
);
