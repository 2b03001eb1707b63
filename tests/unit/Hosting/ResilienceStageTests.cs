using Osl.Hosting.Pipeline;
using Osl.Operations;
using Osl.Operations.Facts;
using Osl.Operations.Policies;
using Osl.Testing;

namespace Osl.Tests.Unit.Hosting;

/// <summary>Only what has had no effect and may succeed in a moment is tried again, under the same identity.</summary>
public sealed class ResilienceStageTests
{
    private static readonly OperationError Busy = new SpawnFailed("x", 11, "EAGAIN", "Wait.") { Transient = true };

    [Fact]
    public async Task What_is_transient_and_without_effect_is_tried_again()
    {
        using var prepared = new Attempts(Busy, Busy, null);

        var outcome = await RunAsync(prepared);

        Assert.True(outcome.IsT0);
        Assert.Equal(3, prepared.Scopes.Count);
        Assert.Single(prepared.Scopes.Distinct());
    }

    [Fact]
    public async Task It_is_given_up_after_five_retries()
    {
        using var prepared = new Attempts([.. Enumerable.Repeat(Busy, 20)]);

        var outcome = await RunAsync(prepared);

        Assert.Same(Busy, outcome.AsT1);
        Assert.Equal(6, prepared.Scopes.Count);
    }

    [Fact]
    public async Task What_had_an_effect_or_will_not_change_is_not()
    {
        foreach (
            var error in new[]
            {
                Busy with
                {
                    Effect = OperationEffect.Happened,
                },
                Busy with
                {
                    Effect = OperationEffect.Unknown,
                },
                Busy with
                {
                    Transient = false,
                },
            }
        )
        {
            using var prepared = new Attempts(error, null);

            Assert.Same(error, (await RunAsync(prepared)).AsT1);
            Assert.Single(prepared.Scopes);
        }
    }

    private static async Task<OneOf<Done, OperationError>> RunAsync(Attempts prepared)
    {
        var time = new ManualTimeProvider();
        var scope = new OperationScope(
            OperationId.New(time.GetUtcNow()),
            OperationContext.Current,
            new PolicyDecision(PolicyEffect.Allow, "x", "x"),
            new FakeExecutor()
        );
        var running = new ResilienceStage(time).ExecuteAsync(prepared, scope, TestContext.Current.CancellationToken).AsTask();
        await Until.TrueAsync(() =>
        {
            time.Advance(TimeSpan.FromSeconds(1));
            return running.IsCompleted;
        });

        return await running;
    }

    private sealed record Done : ExecutionResult;

    private sealed class Attempts(params OperationError?[] errors) : Prepared<Done>(OperationFacts.None)
    {
        internal List<OperationScope> Scopes { get; } = [];

        public override ValueTask<OneOf<Done, OperationError>> ExecuteAsync(OperationScope scope, CancellationToken cancellationToken)
        {
            Scopes.Add(scope);
            return ValueTask.FromResult<OneOf<Done, OperationError>>(errors[Scopes.Count - 1] is { } error ? error : new Done());
        }
    }
}
