using Osl.Operations;
using Osl.Security.Policies;

namespace Osl.Cli.Policies;

/// <summary>An explanation for people: who spoke, and who nearly did.</summary>
internal static class ExplanationText
{
    /// <summary>A policy can have a thousand rules that did not speak; the nearest ones tell.</summary>
    internal const int NearMisses = 3;

    internal static void Write(CliIo io, PolicyExplanation explanation)
    {
        var shown = explanation with { NearMisses = explanation.NearMisses.Take(NearMisses).ToValueList() };
        foreach (var line in shown.ToString().Split('\n'))
        {
            io.Print(line);
        }
    }
}
