using System.Text.Json.Serialization;
using FluentValidation;
using Osl.Operations;
using Osl.Operations.Facts;
using Osl.Operations.Policies;

namespace Osl.Bench;

/// <summary>An operation that does nothing: what is left is the pipeline.</summary>
/// <param name="Name">Something to validate and write.</param>
internal sealed record NoOperation(string Name) : IOperation<NoResult>
{
    internal static OperationDefinition Definition { get; } =
        new OperationDefinition<NoOperation, NoResult>(
            new OperationKind<NoOperation>
            {
                Name = "no_operation",
                Actions = [new PolicyAction("bench.nothing")],
                Json = BenchJson.Default.NoOperation,
                Validator = new NoValidator(),
            },
            new NoHandler()
        );
}

internal sealed record NoResult : ExecutionResult;

[JsonSerializable(typeof(NoOperation))]
internal sealed partial class BenchJson : JsonSerializerContext;

internal sealed class NoValidator : AbstractValidator<NoOperation>
{
    internal NoValidator() => RuleFor(operation => operation.Name).NotEmpty();
}

internal sealed class NoHandler : IOperationHandler<NoOperation, NoResult>
{
    public ValueTask<OneOf<Prepared<NoResult>, OperationError>> PrepareAsync(
        NoOperation operation,
        OperationPreparation preparation,
        CancellationToken cancellationToken
    ) => ValueTask.FromResult<OneOf<Prepared<NoResult>, OperationError>>(new NoPrepared());
}

internal sealed class NoPrepared() : Prepared<NoResult>(OperationFacts.None)
{
    public override ValueTask<OneOf<NoResult, OperationError>> ExecuteAsync(OperationScope scope, CancellationToken cancellationToken) =>
        ValueTask.FromResult<OneOf<NoResult, OperationError>>(new NoResult());
}

/// <summary>A hundred rules, each looked at, as a policy file of that size will have (issue C brings the real one).</summary>
internal sealed class HundredRules : IPolicy
{
    private static readonly PolicyDecision Allowed = new(PolicyEffect.Allow, "rule-99", "the last one allows");
    private readonly Func<PolicyAction, OperationContext, bool>[] _rules =
    [
        .. Enumerable
            .Range(0, 100)
            .Select<int, Func<PolicyAction, OperationContext, bool>>(i =>
            {
                var name = i == 99 ? "bench.nothing" : $"nobody-{i}";
                return (action, context) => string.Equals(i == 99 ? action.Name : context.Principal.Name, name, StringComparison.Ordinal);
            }),
    ];

    public string Hash => "bench";

    public IReadOnlyList<string> SecurePath => [];

    public PolicyDecision Decide(PolicyAction action, IOperation operation, OperationContext context, OperationFacts facts)
    {
        var decision = new PolicyDecision(PolicyEffect.Deny, "default", "no rule");
        foreach (var rule in _rules)
        {
            decision = rule(action, context) ? Allowed : decision;
        }

        return decision;
    }

    public bool MayEver(Principal principal, PolicyAction action) => true;
}
