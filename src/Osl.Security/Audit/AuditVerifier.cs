namespace Osl.Security.Audit;

/// <summary>What a journal is found to be, the gravest first to be told.</summary>
public enum AuditVerdict
{
    /// <summary>Proven: a key that was given has signed all of it.</summary>
    Clean,

    /// <summary>Proven up to the last checkpoint. What follows agrees with itself, but nothing proves it yet.</summary>
    UnsignedTail,

    /// <summary>The end is cut off in the middle of a frame: a writer was killed, or somebody did that.</summary>
    TornTail,

    /// <summary>Not what was written; the findings say where.</summary>
    Tampered,

    /// <summary>An older state of the log than the checkpoint that is kept elsewhere.</summary>
    RolledBack,

    /// <summary>Signed, but not by the key that was given, nor by one that it names; or not by the key that was due.</summary>
    WrongKey,

    /// <summary>
    /// It agrees with itself. No key and no checkpoint was given to compare it with, so whoever can write the directory can have
    /// written all of it.
    /// </summary>
    SelfConsistentOnly,

    /// <summary>There is no journal.</summary>
    Empty,
}

/// <summary>What to prove a journal against. What is not kept where the journal's writers can't reach it proves nothing.</summary>
public sealed record AuditVerifyOptions
{
    /// <summary>The public key: the one that signs, or one before it.</summary>
    public AuditPublicKey? Key { get; init; }

    /// <summary>A checkpoint that was kept elsewhere.</summary>
    public AuditCheckpoint? Checkpoint { get; init; }

    /// <summary>The log's name, 32 hexadecimal digits.</summary>
    public string? LogId { get; init; }
}

/// <summary>What a verification proves.</summary>
/// <param name="Verdict">What it amounts to.</param>
/// <param name="Proven">How many records are covered by a checkpoint of a key that was given, or that such a one names.</param>
/// <param name="Signed">How many are covered by a checkpoint of whatever key.</param>
/// <param name="LastCheckpoint">The last checkpoint in the log that is good; null when there is none.</param>
/// <param name="Journal">What was found in the files.</param>
#pragma warning disable CA1720 // "Signed" means signed.
public sealed record AuditVerification(
    AuditVerdict Verdict,
    long Proven,
    long Signed,
    AuditCheckpoint? LastCheckpoint,
    JournalVerification Journal
)
#pragma warning restore CA1720
{
    /// <summary>The first thing that is wrong, with its record, segment and offset; null when nothing is.</summary>
    public JournalFinding? FirstProblem => Journal.Findings.FirstOrDefault(finding => finding.IsProblem);
}

/// <summary>
/// Verifies a journal against what is kept elsewhere: <see cref="JournalVerifier"/>'s look at every byte, and what the checkpoints in
/// it prove. Takes no lock; may run while the journal is written. See adr/0029-what-verify-answers.md.
/// </summary>
public static class AuditVerifier
{
    /// <summary>Verifies the journal in a directory.</summary>
    /// <param name="directory">Where the journal is.</param>
    /// <param name="options">What to prove it against.</param>
    /// <exception cref="UnauthorizedAccessException">The directory may not be listed.</exception>
    public static AuditVerification Verify(string directory, AuditVerifyOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        return Verify(Path.GetFullPath(directory), JournalStorage.ForThisPlatform, options ?? new AuditVerifyOptions());
    }

    internal static AuditVerification Verify(string directory, IJournalStorage storage, AuditVerifyOptions options)
    {
        var (journal, log) = JournalVerifier.Verify(directory, storage, options);
        var notes = log.Notes;
        return new(Judge(journal, log), notes.LastTrusted?.Records ?? 0, notes.Last?.Records ?? 0, notes.Last, journal);
    }

    private static AuditVerdict Judge(JournalVerification journal, VerifiedLog log)
    {
        var (notes, problems) = (log.Notes, log.Problems);
        // Only what is found in an otherwise whole log is called by its own name.
        return journal.Verdict == JournalVerdict.Damaged
            ? problems.SetEquals([JournalFindingKind.RolledBack])
                ? AuditVerdict.RolledBack
                : problems.SetEquals([JournalFindingKind.WrongKey])
                    ? AuditVerdict.WrongKey
                    : AuditVerdict.Tampered
            : journal.Verdict == JournalVerdict.Empty
                ? AuditVerdict.Empty
                : journal.Verdict == JournalVerdict.TornTail
                    ? AuditVerdict.TornTail
                    : notes.Pinned is null
                        ? AuditVerdict.SelfConsistentOnly
                        : (notes.LastTrusted?.Records ?? 0) < journal.Records
                            ? AuditVerdict.UnsignedTail
                            : AuditVerdict.Clean;
    }
}
