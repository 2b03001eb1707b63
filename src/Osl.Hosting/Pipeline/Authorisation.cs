using Osl.Operations;
using Osl.Operations.Policies;

namespace Osl.Hosting.Pipeline;

/// <summary>Asks the policy, and the approver where the policy wants one. Whatever goes wrong here denies.</summary>
internal sealed class Authorisation(IPolicy policy, IApprover? approver, Recorder recorder)
{
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

            // The policy may be another one by now, and its obligations with it; an approval never overrules a denial.
            decision = call.Decision = Decide(call);
        }

        return decision.Effect == PolicyEffect.Deny ? new Denied(decision.Rule, decision.Because, decision.WhatWouldAllow) : null;
    }

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
