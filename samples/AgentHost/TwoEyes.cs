using Osl.Operations.Policies;

namespace Osl.Samples.AgentHost;

/// <summary>Stands in for a person at a screen: sees who asks for what and why, and answers.</summary>
internal sealed class TwoEyes : IApprover
{
    public ValueTask<Approval> ApproveAsync(ApprovalRequest request, CancellationToken cancellationToken)
    {
        Console.WriteLine($"  asked: may {request.Context.Principal.Name} do '{request.Operation}' ({request.Context.Reason})?");
        var granted = request.Context.Reason is "make room for the build";
        return ValueTask.FromResult(new Approval(granted, "carol", granted ? "that is what it is for." : "not for that."));
    }
}
