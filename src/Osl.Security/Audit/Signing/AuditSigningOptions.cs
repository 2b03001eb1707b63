namespace Osl.Security.Audit;

/// <summary>With what key, and how often, a journal is signed. The defaults are meant for production.</summary>
/// <param name="KeyDirectory">
/// Where the key lies (<see cref="AuditKeys"/>): a private directory on a trusted path, and outside of the journal's.
/// </param>
public sealed record AuditSigningOptions(string KeyDirectory)
{
    /// <summary>After how many records a checkpoint is signed; 1,000 unless said otherwise.</summary>
    public int EveryRecords { get; init; } = 1000;

    /// <summary>After how long a record is covered by a checkpoint at the latest; 1 s unless said otherwise.</summary>
    public TimeSpan Every { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Where checkpoints are kept beside the journal; null, as it is unless said otherwise, for nowhere.</summary>
    public ICheckpointSink? Sink { get; init; }

    /// <summary>How long the sink may take for one checkpoint before that counts as failed; 10 s unless said otherwise.</summary>
    public TimeSpan SinkTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Called with each change of <see cref="AuditJournal.Signing"/>, on any thread; must be quick and not throw.</summary>
    public Action<AuditSigningStatus>? StatusChanged { get; init; }

    internal bool IsValid => !string.IsNullOrEmpty(KeyDirectory) && EveryRecords > 0 && IsTime(Every) && IsTime(SinkTimeout);

    private static bool IsTime(TimeSpan time) => time > TimeSpan.Zero && time <= AuditJournalOptions.LongestWait;
}

/// <summary>How the signing of a journal goes.</summary>
/// <param name="Covered">How many records the last checkpoint covers that this process signed; 0 for none.</param>
/// <param name="Kept">How many records the last checkpoint covers that the sink has taken; 0 for none.</param>
/// <param name="Problem">Why the last attempt to sign failed; null when it did not.</param>
/// <param name="SinkProblem">Why the sink did not take the last checkpoint; null when it did.</param>
/// <param name="IsRefused">
/// Whether the signer refuses: the log is not the one it signed, or the key can't be used. Records are then refused as well.
/// </param>
public sealed record AuditSigningStatus(long Covered, long Kept, string? Problem, string? SinkProblem, bool IsRefused);

/// <summary>Takes checkpoints to where whoever can write the journal can't: another machine, another account, a printer.</summary>
public interface ICheckpointSink
{
    /// <summary>
    /// Keeps one. They come in order, one at a time, and only once they are durable in the journal; while one is on its way, newer
    /// ones take the place of each other, since each covers all before it. It never holds up the journal's writers.
    /// </summary>
    /// <param name="checkpoint">The checkpoint; its text is what has to be kept.</param>
    /// <param name="cancellationToken">Set when it takes too long; the next one is tried all the same.</param>
    /// <exception cref="Exception">It was not kept; shown in <see cref="AuditSigningStatus.SinkProblem"/>.</exception>
    Task KeepAsync(AuditCheckpoint checkpoint, CancellationToken cancellationToken);
}
