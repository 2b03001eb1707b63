using Osl.Operations.Facts;

namespace Osl.Operations.Policies;

/// <summary>Asks somebody. Supplied by the host; without one, what requires an approval is not done.</summary>
public interface IApprover
{
    /// <summary>Asks for one approval of exactly this operation, now.</summary>
    /// <param name="request">What is asked.</param>
    /// <param name="cancellationToken">The caller's token.</param>
    ValueTask<Approval> ApproveAsync(ApprovalRequest request, CancellationToken cancellationToken);
}

/// <summary>What an approver is shown.</summary>
/// <param name="Id">The call.</param>
/// <param name="Operation">What is asked for, secrets masked.</param>
/// <param name="Context">Who asks, and why.</param>
/// <param name="Facts">What was found out about it.</param>
/// <param name="Decision">The rule that requires an approval.</param>
public sealed record ApprovalRequest(
    OperationId Id,
    IOperation Operation,
    OperationContext Context,
    OperationFacts Facts,
    PolicyDecision Decision
);

/// <summary>An answer.</summary>
/// <param name="Granted">Whether it may be done, this once.</param>
/// <param name="By">Who answered.</param>
/// <param name="Because">Why.</param>
public sealed record Approval(bool Granted, string By, string Because);
