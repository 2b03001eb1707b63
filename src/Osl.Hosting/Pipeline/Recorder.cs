using Osl.Hosting.Health;
using Osl.Operations;
using Osl.Operations.Auditing;
using Osl.Operations.Policies;
using Osl.Security.Policies;

namespace Osl.Hosting.Pipeline;

/// <summary>
/// Writes what happens to the journal, in the guarantee each moment needs (adr/0003-the-pipeline.md): a start waits for its intent
/// and is not done without it; ending and signalling never wait.
/// </summary>
internal sealed class Recorder(IAuditJournal journal, AuditRecords records, bool alwaysDurable, TimeProvider time, JournalState state)
{
    /// <summary>Records that it was not done, and gives the error to return.</summary>
    internal async ValueTask<OperationError> RefuseAsync<TResult>(OperationCall<TResult> call, OperationError error)
        where TResult : ExecutionResult
    {
        error.OperationId = call.Id;
        var written = await journal
            .AppendAsync(records.Refusal(call, error, time.GetUtcNow()), AuditGuarantee.BestEffort)
            .ConfigureAwait(false);
        error.OutcomeRecorded = Note(written);
        call.Span?.Failed(call, error);
        return error;
    }

    /// <summary>
    /// Records the intent. For what starts or changes something: waits, and answers with an error that forbids going on. For what
    /// ends or signals: the pending write.
    /// </summary>
    internal async ValueTask<(Task<OneOf<AuditReceipt, OperationError>>? Pending, OperationError? Unrecorded)> IntendAsync<TResult>(
        OperationCall<TResult> call
    )
        where TResult : ExecutionResult
    {
        var record = records.Intent(call);
        if (call.Kind.NeverWaitsForJournal)
        {
            return (journal.AppendAsync(record, AuditGuarantee.BestEffort).AsTask(), null);
        }

        var guarantee = alwaysDurable || call.Facts!.RequiresElevation ? AuditGuarantee.Durable : AuditGuarantee.Written;
        var written = await journal.AppendAsync(record, guarantee).ConfigureAwait(false);
        if (written.TryPickT1(out var error, out _))
        {
            error.OperationId = call.Id;
            error.OutcomeRecorded = Note(written);
            call.Span?.Failed(call, error);
            return (null, error);
        }

        return (null, null);
    }

    /// <summary>Records what came of it, and gives the outcome to return. It happened, whether that can be recorded or not.</summary>
    internal async ValueTask<OneOf<TResult, OperationError>> ConcludeAsync<TResult>(
        OperationCall<TResult> call,
        Task<OneOf<AuditReceipt, OperationError>>? pendingIntent,
        OneOf<TResult, OperationError> outcome
    )
        where TResult : ExecutionResult
    {
        var completedAt = time.GetUtcNow();
        _ = outcome.TryPickT0(out var result, out var error);
        // A time-out and a failed stop carry what was achieved all the same.
        result ??= (error as TimedOut)?.Partial as TResult ?? (error as StopFailed)?.Partial as TResult;
        result?.Stamp(call.Id, call.Kind.TypeOf(call.Operation), call.StartedAt, completedAt, time.GetElapsedTime(call.StartedTicks));
        if (error is not null)
        {
            error.OperationId = call.Id;
        }

        if (error is not null)
        {
            call.Span?.Failed(call, error);
        }
        else
        {
            call.Span?.Succeeded(call, result!);
        }

        if (!await AppendOutcomeAsync(pendingIntent, records.Outcome(call, outcome, completedAt)).ConfigureAwait(false))
        {
            result?.MarkUnrecorded();
            if (error is not null)
            {
                error.OutcomeRecorded = false;
            }
        }

        return outcome;
    }

    /// <summary>Records that a handler threw: the caller's cancellation, or a mistake in the program.</summary>
    internal async ValueTask AbandonAsync<TResult>(
        OperationCall<TResult> call,
        Task<OneOf<AuditReceipt, OperationError>>? pendingIntent,
        Exception exception
    )
        where TResult : ExecutionResult
    {
        call.Span?.Threw(exception);
        await AppendOutcomeAsync(pendingIntent, records.Abandoned(call, exception, time.GetUtcNow())).ConfigureAwait(false);
    }

    /// <summary>Records an answer of the approver.</summary>
    internal async ValueTask ApprovalAsync<TResult>(OperationCall<TResult> call, Approval approval)
        where TResult : ExecutionResult =>
        await journal.AppendAsync(records.Approval(call, approval, time.GetUtcNow()), AuditGuarantee.BestEffort).ConfigureAwait(false);

    /// <summary>Records that the policy is read again; an error forbids the exchange.</summary>
    internal async ValueTask<OperationError?> ReloadAsync(PolicyReload reload)
    {
        var written = await journal.AppendAsync(records.Reload(reload, time.GetUtcNow()), AuditGuarantee.Written).ConfigureAwait(false);
        return written.TryPickT1(out var error, out _) ? error : null;
    }

    private async ValueTask<bool> AppendOutcomeAsync(Task<OneOf<AuditReceipt, OperationError>>? pendingIntent, AuditRecord record)
    {
        var outcome = journal.AppendAsync(record, AuditGuarantee.BestEffort).AsTask();
        var intentWritten = pendingIntent is null || Note(await pendingIntent.ConfigureAwait(false));
        return Note(await outcome.ConfigureAwait(false)) && intentWritten;
    }

    private bool Note(OneOf<AuditReceipt, OperationError> written)
    {
        state.Note(written.TryPickT1(out var failure, out _) ? failure : null);
        return written.IsT0;
    }
}
