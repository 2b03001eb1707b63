namespace Osl.Operations.Auditing;

/// <summary>What a caller needs of a record before it goes on.</summary>
public enum AuditGuarantee
{
    /// <summary>Handed to the kernel: survives the death of this process, not a power cut.</summary>
    Written,

    /// <summary>Synced to disk: survives a power cut.</summary>
    Durable,

    /// <summary>
    /// The caller goes ahead either way. A record that can't be written is counted, and a gap record that names it follows as soon
    /// as there is room again.
    /// </summary>
    BestEffort,
}

/// <summary>The append-only record of what was asked, decided and done. Several processes append to one journal.</summary>
public interface IAuditJournal
{
    /// <summary>Appends one record, in the order of the calls of this process.</summary>
    /// <param name="record">What happened; already masked.</param>
    /// <param name="guarantee">What has to hold when the task completes.</param>
    /// <returns>Where it stands, or <see cref="AuditUnavailable"/>. Never throws for the journal's own troubles.</returns>
    ValueTask<OneOf<AuditReceipt, OperationError>> AppendAsync(AuditRecord record, AuditGuarantee guarantee);
}

/// <summary>Where a record stands.</summary>
/// <param name="Index">Its place in the journal, from 0: the index of its Merkle leaf.</param>
public sealed record AuditReceipt(long Index);
