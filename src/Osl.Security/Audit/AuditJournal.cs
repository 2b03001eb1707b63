using Osl.Operations;
using Osl.Operations.Auditing;

namespace Osl.Security.Audit;

/// <summary>
/// The append-only journal in a directory: segments of frames with a Merkle tree over all records. Several processes, and several
/// journals of one process, append to one directory; all must run as the same user. See knowledge/journal-format.md.
/// </summary>
public sealed class AuditJournal : IAuditJournal, IAsyncDisposable
{
    private readonly JournalWriter _writer;

    private readonly CheckpointSigner? _signer;

    private AuditJournal(JournalWriter writer, CheckpointSigner? signer) => (_writer, _signer) = (writer, signer);

    /// <summary>How signing goes; null when this journal is not signed.</summary>
    public AuditSigningStatus? Signing => _signer?.Status;

    /// <summary>Opens the journal in a directory, which is made (0700) if it is not there.</summary>
    /// <param name="directory">Where; ours, and not to be written by group or others.</param>
    /// <param name="options">How it is written.</param>
    /// <returns>The journal, or <see cref="AuditUnavailable"/> with the reason.</returns>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range.</exception>
    public static OneOf<AuditJournal, OperationError> Open(string directory, AuditJournalOptions? options = null)
    {
        options ??= new AuditJournalOptions();
        return Open(directory, options, new GapLedger(options.TimeProvider, options.Storage.User));
    }

    /// <summary>Opens it with a ledger of what was missed before.</summary>
    internal static OneOf<AuditJournal, OperationError> Open(string directory, AuditJournalOptions options, GapLedger gap)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        if (!options.IsValid)
        {
            throw new ArgumentOutOfRangeException(
                nameof(options),
                "SegmentSize is 8 KiB to 1 GiB, ZeroAhead is not negative, all times and counts are more than nothing."
            );
        }

        // Without a trailing separator, after which the kernel would follow a symlink.
        var path = Path.TrimEndingDirectorySeparator(Path.GetFullPath(directory));
        if (options.Storage.Prepare(path) is { } refusal)
        {
            return new AuditUnavailable(refusal);
        }

        try
        {
            CheckpointSigner? signer = null;
            if (options.Signing is { } signing && CheckpointSigner.Open(path, signing, options).TryPickT1(out var refused, out signer))
            {
                return refused;
            }

            return new AuditJournal(new JournalWriter(new JournalTail(options.Storage, path, options), options, gap, signer), signer);
        }
        catch (Exception failure) when (JournalStorage.IsFailure(failure))
        {
            return new AuditUnavailable(JournalWriter.Reason(failure));
        }
    }

    /// <inheritdoc/>
    public ValueTask<OneOf<AuditReceipt, OperationError>> AppendAsync(AuditRecord record, AuditGuarantee guarantee)
    {
        ArgumentNullException.ThrowIfNull(record);
        return _writer.AppendAsync(PendingAppend.Create(record, guarantee));
    }

    /// <summary>
    /// Writes what is queued, signs it, then closes the files. Waits no longer than for the lock and for the sink; appends that come
    /// later are refused.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        await _writer.DisposeAsync().ConfigureAwait(false);
        if (_signer is not null)
        {
            await _signer.DeliverRestAsync().ConfigureAwait(false);
        }
    }
}
