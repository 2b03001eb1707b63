using Osl.Operations;
using Osl.Operations.Auditing;

namespace Osl.Security.Audit;

/// <summary>
/// A journal that is opened with its first record, and tried again with each one while it can't be: a host whose audit directory is
/// broken starts nothing, and can still end what runs. What was missed meanwhile becomes a gap record once it opens.
/// </summary>
/// <param name="directory">Where; null when there is nowhere.</param>
/// <param name="options">How it is written.</param>
public sealed class DeferredAuditJournal(string? directory, AuditJournalOptions options) : IAuditJournal, IAsyncDisposable
{
    private readonly GapLedger _missed = new(options.TimeProvider, options.Storage.User);
    private readonly Lock _opening = new();
    private volatile AuditJournal? _opened;

    /// <inheritdoc/>
    public ValueTask<OneOf<AuditReceipt, OperationError>> AppendAsync(AuditRecord record, AuditGuarantee guarantee)
    {
        ArgumentNullException.ThrowIfNull(record);
        if (_opened is null && Open() is { } refused)
        {
            if (guarantee == AuditGuarantee.BestEffort)
            {
                _missed.Add(record);
            }

            return new(refused);
        }

        return _opened!.AppendAsync(record, guarantee);
    }

    /// <summary>Closes the journal, if it was ever opened.</summary>
    public ValueTask DisposeAsync() => _opened?.DisposeAsync() ?? ValueTask.CompletedTask;

    /// <summary>Opens it now, if it is not open yet.</summary>
    /// <returns>Null when it is open; else why it can't be: what the next start would be answered with.</returns>
    public OperationError? EnsureOpen() => _opened is null ? Open() : null;

    private OperationError? Open()
    {
        if (directory is null)
        {
            return new AuditUnavailable("there is no home directory to keep it in; name a directory (osl: --audit-dir)");
        }

        lock (_opening)
        {
            if (_opened is null)
            {
                if (AuditJournal.Open(directory, options, _missed).TryPickT1(out var refused, out var opened))
                {
                    return refused;
                }

                _opened = opened;
            }

            return null;
        }
    }
}
