using Osl.Operations;
using Osl.Operations.Policies;
using Osl.Security.Policies;

namespace Osl.Hosting.Pipeline;

/// <summary>Asks the policy, and the approver where the policy wants one. Whatever goes wrong here denies.</summary>
/// <param name="policy">By which it judges.</param>
/// <param name="approver">Who is asked; null for nobody.</param>
/// <param name="recorder">Where answers are kept.</param>
/// <param name="dryRun">Nobody is asked, and what would be allowed is not done.</param>
internal sealed class Authorisation(IPolicy policy, IApprover? approver, Recorder recorder, bool dryRun = false)
{
    /// <summary>The code of the error that stands for what would have been done.</summary>
    internal const string DryRunCode = "dry_run";

    internal OperationPreparation Preparation<TResult>(OperationCall<TResult> call)
        where TResult : ExecutionResult => new(call.Id, call.Context, policy.SecurePath) { WantsDigest = policy.WantsDigest };

    /// <summary>What a failed prepare may tell: nothing to a principal whom no rule could ever allow such an action.</summary>
    internal OperationError Conceal<TResult>(OperationCall<TResult> call, OperationError error)
        where TResult : ExecutionResult
    {
        foreach (var action in call.Kind.Actions)
        {
            if (!policy.MayEver(call.Context.Principal, action))
            {
                return new Denied(
                    "osl:never",
                    $"no rule could allow {action} to this principal.",
                    "Only a host whose policy has a rule for it could allow it."
                );
            }
        }

        return error;
    }

    /// <summary>Null when it may be done; the call then carries the decision.</summary>
    internal async ValueTask<OperationError?> AuthoriseAsync<TResult>(OperationCall<TResult> call, CancellationToken cancellationToken)
        where TResult : ExecutionResult
    {
        var decision = call.Decision = Decide(call);
        if (dryRun && decision.Effect != PolicyEffect.Deny)
        {
            return decision.Effect == PolicyEffect.Allow
                ? new OperationFailed(
                    DryRunCode,
                    $"Dry run, so nothing was done: rule '{decision.Rule}' allows it ({decision.Because}).",
                    "Ask again without the dry run."
                )
                : new ApprovalRequired(decision.Rule, $"{decision.Because}; this is a dry run, so nobody was asked.");
        }

        if (decision.Effect == PolicyEffect.RequireApproval)
        {
            if (approver is null)
            {
                return new ApprovalRequired(decision.Rule, "this host has nobody who could approve.");
            }

            var approval = await AskAsync(approver, call, decision, cancellationToken).ConfigureAwait(false);
            await recorder.ApprovalAsync(call, approval).ConfigureAwait(false);
            if (!approval.Granted)
            {
                return new ApprovalRequired(decision.Rule, $"{approval.By} refused: {approval.Because}");
            }

            // The policy may be another one by now, and its obligations with it; an approval never overrules a denial, and was given
            // to what this rule of this policy said.
            var asked = decision;
            decision = call.Decision = Decide(call);
            if (decision.Effect == PolicyEffect.RequireApproval && !IsSameQuestion(asked, decision))
            {
                return new ApprovalRequired(decision.Rule, "the policy has changed since it was given.");
            }
        }

        return decision.Effect == PolicyEffect.Deny ? new Denied(decision.Rule, decision.Because, decision.WhatWouldAllow) : null;
    }

    /// <summary>Why it is decided so; of several actions, on the one that is judged most strictly.</summary>
    internal LayeredExplanation Explain<TResult>(OperationCall<TResult> call)
        where TResult : ExecutionResult =>
        call.Kind.Actions.Select(action => PolicyExplainer.ExplainLayers(policy, action, call.Operation, call.Context, call.Facts!))
            .MaxBy(explanation => explanation.Decision.Effect)
        ?? new LayeredExplanation(Decide(call), policy.Hash);

    private static bool IsSameQuestion(PolicyDecision asked, PolicyDecision now) =>
        string.Equals(asked.Rule, now.Rule, StringComparison.Ordinal)
        && string.Equals(asked.PolicyHash, now.PolicyHash, StringComparison.Ordinal);

    private static async ValueTask<Approval> AskAsync<TResult>(
        IApprover approver,
        OperationCall<TResult> call,
        PolicyDecision decision,
        CancellationToken cancellationToken
    )
        where TResult : ExecutionResult
    {
        try
        {
            return await approver
                .ApproveAsync(
                    new ApprovalRequest(call.Id, call.Kind.Redact(call.Operation), call.Context, call.Facts!, decision),
                    cancellationToken
                )
                .ConfigureAwait(false);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            return new Approval(Granted: false, "the approver", $"it failed with {e.GetType().Name}.");
        }
    }

    private PolicyDecision Decide<TResult>(OperationCall<TResult> call)
        where TResult : ExecutionResult
    {
        PolicyDecision? strictest = null;
        foreach (var action in call.Kind.Actions)
        {
            PolicyDecision decision;
            try
            {
                decision = policy.Decide(action, call.Operation, call.Context, call.Facts!);
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                // An error while evaluating must not let anything slip.
                decision = new PolicyDecision(PolicyEffect.Deny, "osl:policy-error", $"the policy failed: {e.GetType().Name}.")
                {
                    WhatWouldAllow = "Mend the policy.",
                };
            }

            strictest = strictest is null || decision.Effect > strictest.Effect ? decision : strictest;
        }

        return strictest
            ?? new PolicyDecision(PolicyEffect.Deny, "osl:no-action", "the operation names no action, so no rule can allow it.");
    }
}
