using Osl.Operations;
using Osl.Operations.Auditing;
using Osl.Operations.Policies;
using Osl.Operations.Processes;
using Osl.Security.Policies;

namespace Osl.Hosting.Pipeline;

/// <summary>Makes the records of the journal from what the pipeline knows. Everything that could be secret is masked here.</summary>
/// <param name="host">Who writes them.</param>
/// <param name="policy">By which it judges; the hash of a decision goes before its own, since it may have been exchanged meanwhile.</param>
internal sealed class AuditRecords(HostProcess host, IPolicy policy)
{
    internal AuditRecord Refusal<TResult>(OperationCall<TResult> call, OperationError error, DateTimeOffset at)
        where TResult : ExecutionResult => WithError(WithRequest(Base(AuditRecordType.Refusal, call, at), call), error);

    internal AuditRecord Intent<TResult>(OperationCall<TResult> call)
        where TResult : ExecutionResult => WithRequest(Base(AuditRecordType.Intent, call, call.StartedAt), call);

    internal AuditRecord Outcome<TResult>(OperationCall<TResult> call, OneOf<TResult, OperationError> outcome, DateTimeOffset at)
        where TResult : ExecutionResult
    {
        var record = Base(AuditRecordType.Outcome, call, at);
        return outcome.TryPickT0(out var result, out var error) ? WithResult(record with { Outcome = "succeeded" }, result)
            : error is TimedOut { Partial: { } partial } ? WithResult(WithError(record, error), partial)
            : error is StopFailed { Partial: { } stopped } ? WithResult(WithError(record, error), stopped)
            : WithError(record, error);
    }

    internal AuditRecord Abandoned<TResult>(OperationCall<TResult> call, Exception exception, DateTimeOffset at)
        where TResult : ExecutionResult =>
        Base(AuditRecordType.Outcome, call, at) with
        {
            Outcome = exception is OperationCanceledException ? "cancelled" : "faulted",
            // The type only: an exception's message can hold anything.
            Message = exception.GetType().Name,
            Effect = exception is OperationCanceledException ? null : nameof(OperationEffect.Unknown),
        };

    internal AuditRecord Approval<TResult>(OperationCall<TResult> call, Approval approval, DateTimeOffset at)
        where TResult : ExecutionResult =>
        WithRequest(Base(AuditRecordType.Approval, call, at), call) with
        {
            Outcome = approval.Granted ? "granted" : "refused",
            Message = $"{approval.By}: {approval.Because}",
        };

    internal AuditRecord Started(OperationId operation, OperationContext context, ProcessRef process, int pgid, DateTimeOffset at) =>
        OfProcess(AuditRecordType.Started, operation, context, process, pgid, at);

    internal AuditRecord Exit(OperationId operation, OperationContext context, ProcessExit exit, int pgid, DateTimeOffset at) =>
        OfProcess(AuditRecordType.Exit, operation, context, exit.Process, pgid, at) with
        {
            ExitCode = exit.Status?.ExitCode,
            ExitSignal = exit.Status?.Signal?.Name,
            TimeLimitReached = exit.TimeLimitReached ? true : null,
            CpuMicroseconds = (long)(exit.UserTime + exit.SystemTime).TotalMicroseconds,
            PeakMemory = exit.PeakMemory,
        };

    /// <summary>That the policy is read again, before the exchange.</summary>
    internal AuditRecord Reload(PolicyReload reload, DateTimeOffset at) =>
        new()
        {
            Type = AuditRecordType.Policy,
            Time = at,
            Principal = Principal.Current.Name,
            HostPid = host.Pid,
            HostUid = host.Uid,
            PolicyHash = reload.After,
            PreviousPolicyHash = reload.Before,
            Outcome = reload.Refusal is null ? "succeeded" : "refused",
            Message = reload.Refusal?.Problems[0].ToString(),
        };

    private AuditRecord OfProcess(
        AuditRecordType type,
        OperationId operation,
        OperationContext context,
        ProcessRef process,
        int pgid,
        DateTimeOffset at
    ) =>
        new()
        {
            Type = type,
            Time = at,
            Operation = operation,
            Parent = context.Parent ?? host.StartedBy,
            Principal = context.Principal.Name,
            HostPid = host.Pid,
            HostUid = host.Uid,
            Pid = process.Pid,
            Pgid = pgid,
        };

    private AuditRecord Base<TResult>(AuditRecordType type, OperationCall<TResult> call, DateTimeOffset at)
        where TResult : ExecutionResult =>
        new()
        {
            Type = type,
            Time = at,
            Operation = call.Id,
            Parent = call.Context.Parent ?? host.StartedBy,
            OperationType = call.Kind.TypeOf(call.Operation),
            Action = call.Kind.Actions is [var only] ? only.Name : string.Join(' ', call.Kind.Actions),
            Principal = call.Context.Principal.Name,
            Reason = call.Context.Reason is { } reason ? Redaction.MaskText(reason) : null,
            HostPid = host.Pid,
            HostUid = host.Uid,
            TargetPgid = call.Facts?.Target is { IsGroup: true } target ? target.Id : null,
        };

    private AuditRecord WithRequest<TResult>(AuditRecord record, OperationCall<TResult> call)
        where TResult : ExecutionResult =>
        record with
        {
            RequestJson = OperationJson.WriteRaw(call.Operation, call.Kind, WrittenForm.Audit),
            Decision = call.Decision?.Effect,
            Rule = call.Decision?.Rule,
            PolicyHash = call.Decision?.PolicyHash ?? policy.Hash,
            Executable = call.Facts?.Executable,
            Target = call.Facts?.Target,
            Elevated = call.Facts?.RequiresElevation is true ? true : null,
        };

    private static AuditRecord WithError(AuditRecord record, OperationError error) =>
        record with
        {
            Outcome = error.Code,
            Message = Redaction.MaskText(error.Message),
            Effect = error.Effect.ToString(),
        };

    private static long LostOf(RunProcessResult run) => run.StandardOutput.Losses.Concat(run.StandardError.Losses).Sum(loss => loss.Bytes);

    private static AuditRecord WithResult(AuditRecord record, ExecutionResult result) =>
        result switch
        {
            SpawnProcessResult spawned => record with { Pid = spawned.Pid, Pgid = spawned.Pgid },
            RunProcessResult run => record with
            {
                Pid = run.Pid,
                Pgid = run.Pgid,
                ExitCode = run.ExitStatus.ExitCode,
                ExitSignal = run.ExitStatus.Signal?.Name,
                OutputLost = LostOf(run) is > 0 and var lost ? lost : null,
            },
            ProcessSignalResult signalled => record with
            {
                Pid = signalled.IsGroup ? null : signalled.TargetPid,
                ProcessesAffected = signalled.ProcessesAffected,
            },
            StopResult stopped => record with
            {
                Pid = stopped.IsGroup ? null : stopped.TargetPid,
                ProcessesAffected = stopped.ProcessesAffected,
                Ended = stopped.Ended,
                Forced = stopped.Forced,
                Escaped = stopped.Escaped.Count == 0 ? null : stopped.Escaped.Select(process => process.Pid).ToValueList(),
            },
            AttachProcessResult attached => record with { Pid = attached.Pid, Pgid = attached.Pgid },
            ReleaseProcessResult released => record with
            {
                Pid = released.IsGroup ? null : released.TargetPid,
                ProcessesAffected = released.Released.Count,
            },
            QueryProcessResult query => record with { Pid = query.State.Process.Pid, Pgid = query.State.Pgid },
            _ => record,
        };
}
