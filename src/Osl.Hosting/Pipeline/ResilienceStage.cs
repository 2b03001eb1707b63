using Osl.Operations;
using Polly;
using Polly.Retry;

namespace Osl.Hosting.Pipeline;

/// <summary>
/// Retries what has had no effect and may succeed in a moment (EAGAIN, ETXTBSY at a start), under the same identity. It never times
/// out: time belongs to the operation.
/// </summary>
internal sealed class ResilienceStage(TimeProvider time)
{
    // Made with the first retry: it costs as much as half a start of osl, and nearly nobody needs it. A host that lives long makes it
    // beforehand: the moment of a retry is a moment of need, in which Polly's assemblies may not even be opened.
    private ResiliencePipeline<OperationError?>? _pipeline;

    /// <summary>Makes what a retry needs, while there is room for it.</summary>
    internal void WarmUp() => TryMake()?.Execute(static _ => (OperationError?)null);

    internal async ValueTask<OneOf<TResult, OperationError>> ExecuteAsync<TResult>(
        Prepared<TResult> prepared,
        OperationScope scope,
        CancellationToken cancellationToken
    )
        where TResult : ExecutionResult
    {
        // The first attempt goes past Polly: nearly all succeed, and would pay for a context and a closure.
        var outcome = await prepared.ExecuteAsync(scope, cancellationToken).ConfigureAwait(false);
        return outcome.IsT1 && MayRetry(outcome.AsT1)
            ? await RetryAsync(prepared, scope, outcome, cancellationToken).ConfigureAwait(false)
            : outcome;
    }

    private async ValueTask<OneOf<TResult, OperationError>> RetryAsync<TResult>(
        Prepared<TResult> prepared,
        OperationScope scope,
        OneOf<TResult, OperationError> first,
        CancellationToken cancellationToken
    )
        where TResult : ExecutionResult
    {
        if (TryMake() is not { } pipeline)
        {
            return first;
        }

        OneOf<TResult, OperationError>? outcome = null;
        await pipeline
            .ExecuteAsync(
                async token =>
                {
                    outcome = outcome is null ? first : await prepared.ExecuteAsync(scope, token).ConfigureAwait(false);
                    return outcome.Value.IsT1 ? outcome.Value.AsT1 : null;
                },
                cancellationToken
            )
            .ConfigureAwait(false);
        return outcome ?? first;
    }

    /// <summary>Null where there is no room to load it: then the first answer stands, and says that it is transient.</summary>
    private ResiliencePipeline<OperationError?>? TryMake()
    {
        try
        {
            return _pipeline ??= Make();
        }
        catch (Exception e) when (e is IOException or BadImageFormatException or TypeInitializationException or TypeLoadException)
        {
            return null;
        }
    }

    private ResiliencePipeline<OperationError?> Make() =>
        new ResiliencePipelineBuilder<OperationError?> { TimeProvider = time }
            .AddRetry(
                new RetryStrategyOptions<OperationError?>
                {
                    ShouldHandle = static arguments => ValueTask.FromResult(MayRetry(arguments.Outcome.Result)),
                    MaxRetryAttempts = 5,
                    BackoffType = DelayBackoffType.Exponential,
                    UseJitter = true,
                    Delay = TimeSpan.FromMilliseconds(5),
                }
            )
            .Build();

    private static bool MayRetry(OperationError? error) => error is { Transient: true, Effect: OperationEffect.None };
}
