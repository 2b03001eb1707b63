using Osl.Operations.Policies;

namespace Osl.Cli.Policies;

/// <summary>What a policy says, in the words of the policy file.</summary>
internal static class EffectText
{
    internal static string Of(PolicyEffect effect) =>
        effect switch
        {
            PolicyEffect.Allow => "allow",
            PolicyEffect.RequireApproval => "require-approval",
            _ => "deny",
        };
}
