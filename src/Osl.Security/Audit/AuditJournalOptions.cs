using Osl.Operations.Auditing;

namespace Osl.Security.Audit;

/// <summary>How a journal is written. The defaults are meant for production.</summary>
public sealed record AuditJournalOptions
{
    /// <summary>The longest <see cref="LockWait"/>, and the longest of the times of <see cref="AuditSigningOptions"/>: 30 days.</summary>
    public static TimeSpan LongestWait { get; } = TimeSpan.FromDays(30);

    /// <summary>The clock of frames and of the wait for the lock.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>
    /// How large a segment gets, in bytes: 8 KiB to 1 GiB, 16 MiB unless said otherwise. A single frame that is larger than that gets a
    /// segment to itself.
    /// </summary>
    public int SegmentSize { get; init; } = 16 * 1024 * 1024;

    /// <summary>How far ahead of the log its file is filled with zeros, in bytes. 1 MiB unless said otherwise.</summary>
    public int ZeroAhead { get; init; } = 1024 * 1024;

    /// <summary>
    /// How old a segment gets before the next record opens another one; null, as it is unless said otherwise, for any age. By the clocks
    /// of the writers.
    /// </summary>
    public TimeSpan? SegmentAge { get; init; }

    /// <summary>With what key checkpoints are signed and where they go; null, as it is unless said otherwise, for none.</summary>
    public AuditSigningOptions? Signing { get; init; }

    /// <summary>
    /// How long to wait while another process holds the journal's lock and doesn't get on; where others do get on, up to 12 times as
    /// long. 5 s unless said otherwise.
    /// </summary>
    public TimeSpan LockWait { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Told of each gap record once it is written: the journal makes it itself, so nobody has passed it in. On the writer's thread; must
    /// be quick and not throw.
    /// </summary>
    public Action<AuditRecord>? GapRecorded { get; init; }

    /// <summary>The seam to the operating system.</summary>
    internal IJournalStorage Storage { get; init; } = JournalStorage.ForThisPlatform;

    /// <summary>Starts the writer's thread: a seam too, since a system that gives none can't be had in a test.</summary>
    internal Action<Thread>? StartThread { get; init; }

    internal bool IsValid =>
        TimeProvider is not null
        && SegmentSize is >= 2 * JournalFormat.HeaderSize and <= JournalFormat.MaxSegment
        && ZeroAhead >= 0
        && LockWait > TimeSpan.Zero
        && LockWait <= LongestWait
        && (SegmentAge is null || SegmentAge > TimeSpan.Zero)
        && Signing is null or { IsValid: true };
}
