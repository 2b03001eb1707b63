using Osl.Operations.Processes;

namespace Osl.Hosting.Templates;

/// <summary>What people write to ask for a containment: in a template and on the command line the same.</summary>
internal static class ContainmentLevels
{
    internal static IReadOnlyDictionary<string, Containment> ByWord { get; } =
        new Dictionary<string, Containment>(StringComparer.Ordinal)
        {
            ["group"] = Containment.Group,
            ["session"] = Containment.Session,
            ["cgroup"] = Containment.Cgroup,
            ["pidns"] = Containment.PidNamespace,
        };

    /// <summary>Its word; null for none.</summary>
    internal static string? WordOf(Containment containment) => ByWord.FirstOrDefault(word => word.Value == containment).Key;
}
