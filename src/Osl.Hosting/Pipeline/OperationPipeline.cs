using Osl.Executors;
using Osl.Hosting.Telemetry;
using Osl.Interop.Linux;
using Osl.Operations;
using Osl.Operations.Auditing;
using Osl.Security.Policies;

namespace Osl.Hosting.Pipeline;

/// <summary>
/// The way of every operation, in this order and no other (adr/0003-the-pipeline.md):
/// open → validate → prepare → authorise → record intent → execute (with resilience) → record outcome.
/// </summary>
internal sealed class OperationPipeline(
    OperationCatalog catalog,
    Admission admission,
    Authorisation authorisation,
    ResilienceStage resilience,
    Recorder recorder,
    TimeProvider time,
    HostTelemetry? telemetry = null
) : IOperationExecutor
{
    public async ValueTask<OneOf<TResult, OperationError>> ExecuteAsync<TResult>(
        IOperation<TResult> operation,
        OperationContext context,
        CancellationToken cancellationToken = default
    )
        where TResult : ExecutionResult
    {
        using var admitted = admission.Enter();
        cancellationToken.ThrowIfCancellationRequested();
        ArgumentNullException.ThrowIfNull(context);
        var flaws = OperationContextShape.Check(context);
        var call = Open(operation, flaws.Count == 0 ? context : OperationContextShape.ForRefusal(context));
        using var span = call.Span = telemetry?.Begin(call);

        Task<OneOf<AuditReceipt, OperationError>>? intent = null;
        try
        {
            if (flaws.Count > 0)
            {
                return await recorder.RefuseAsync(call, new ValidationFailed([.. flaws])).ConfigureAwait(false);
            }

            if (call.Kind.Validate(operation) is { Count: > 0 } failures)
            {
                return await recorder.RefuseAsync(call, new ValidationFailed(failures)).ConfigureAwait(false);
            }

            var preparation = await call
                .Definition.PrepareAsync(operation, authorisation.Preparation(call), cancellationToken)
                .ConfigureAwait(false);
            if (preparation.TryPickT1(out var unprepared, out var prepared))
            {
                return await recorder.RefuseAsync(call, authorisation.Conceal(call, unprepared)).ConfigureAwait(false);
            }

            using (prepared)
            {
                call.Facts = prepared.Facts;
                if (await authorisation.AuthoriseAsync(call, cancellationToken).ConfigureAwait(false) is { } refusal)
                {
                    return await recorder.RefuseAsync(call, refusal).ConfigureAwait(false);
                }

                (intent, var unrecorded) = await recorder.IntendAsync(call).ConfigureAwait(false);
                if (unrecorded is not null)
                {
                    return unrecorded;
                }

                var scope = new OperationScope(call.Id, call.Context, call.Decision!, this);
                var outcome = await resilience.ExecuteAsync(prepared, scope, cancellationToken).ConfigureAwait(false);
                return await recorder.ConcludeAsync(call, intent, outcome).ConfigureAwait(false);
            }
        }
        catch (OutOfDescriptorsException lack)
        {
            var error = LookErrors.Of(lack);
            return intent is null
                ? await recorder.RefuseAsync(call, error).ConfigureAwait(false)
                : await recorder
                    .ConcludeAsync<TResult>(call, intent, error with { Effect = OperationEffect.Unknown, Transient = false })
                    .ConfigureAwait(false);
        }
        catch (Exception e)
        {
            // The caller's cancellation, or a mistake in a handler: never without a record.
            await recorder.AbandonAsync(call, intent, e).ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>The same way as far as the policy, which is asked why; nothing is recorded, since nothing is asked for.</summary>
    internal async ValueTask<OneOf<LayeredExplanation, OperationError>> ExplainAsync<TResult>(
        IOperation<TResult> operation,
        OperationContext context,
        CancellationToken cancellationToken
    )
        where TResult : ExecutionResult
    {
        using var admitted = admission.Enter();
        ArgumentNullException.ThrowIfNull(context);
        if (OperationContextShape.Check(context) is { Count: > 0 } flaws)
        {
            return new ValidationFailed([.. flaws]);
        }

        var call = Open(operation, context);
        if (call.Kind.Validate(operation) is { Count: > 0 } failures)
        {
            return new ValidationFailed(failures);
        }

        var preparation = await call
            .Definition.PrepareAsync(operation, authorisation.Preparation(call), cancellationToken)
            .ConfigureAwait(false);
        if (preparation.TryPickT1(out var unprepared, out var prepared))
        {
            return authorisation.Conceal(call, unprepared);
        }

        using (prepared)
        {
            call.Facts = prepared.Facts;
            return authorisation.Explain(call);
        }
    }

    private OperationCall<TResult> Open<TResult>(IOperation<TResult> operation, OperationContext context)
        where TResult : ExecutionResult
    {
        ArgumentNullException.ThrowIfNull(operation);
        var now = time.GetUtcNow();
        return new OperationCall<TResult>(catalog.Find(operation), operation, context, OperationId.New(now), now, time.GetTimestamp());
    }
}
