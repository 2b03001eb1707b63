using Osl.Operations;
using Osl.Operations.Policies;
using Osl.Security.Policies;

namespace Osl.Hosting.Policies;

/// <summary>
/// The policy of a host (adr/0024-policy-layers.md, adr/0030-a-policy-that-is-there-holds.md): the system's file where there is one, else
/// the host's own or the built-in one; and on it whatever was added, which can only make it stricter.
/// </summary>
internal static class HostPolicy
{
    /// <exception cref="OslConfigurationException">One of the files does not load: none is ever left out.</exception>
    internal static ReloadablePolicy Compose(IPolicy? own, IReadOnlyList<string> files)
    {
        // Once it is there it has to stay: a file that was removed must not loosen a host that is told to read it again.
        var hasSystem = OslDirectories.HasSystemPolicy;
        return ReloadablePolicy
            .Create(() => Read(own, files, hasSystem || OslDirectories.HasSystemPolicy))
            .Match(policy => policy, refusal => throw OslConfigurationException.Policy(refusal));
    }

    private static OneOf<IPolicy, PolicyRefusal> Read(IPolicy? own, IReadOnlyList<string> files, bool hasSystem)
    {
        List<IPolicy> layers = [];
        foreach (var file in hasSystem ? [OslDirectories.SystemPolicyFile, .. files] : files)
        {
            if (PolicyFile.Load(file).TryPickT1(out var refusal, out var policy))
            {
                return OneOf<IPolicy, PolicyRefusal>.FromT1(refusal);
            }

            layers.Add(policy);
        }

        if (hasSystem)
        {
            layers.AddRange(own is null ? [] : [own]);
        }
        else
        {
            layers.Insert(0, own ?? new BuiltInPolicy(Environment.GetEnvironmentVariable("PATH")));
        }

        return OneOf<IPolicy, PolicyRefusal>.FromT0(layers is [var only] ? only : new LayeredPolicy(layers[0], [.. layers[1..]]));
    }
}
