using System.Globalization;
using Osl.Operations;

namespace Osl.Security.Policies;

/// <summary>One reason why a policy does not load.</summary>
/// <param name="Message">What is wrong; one sentence.</param>
/// <param name="Expected">What should be there instead.</param>
public sealed record PolicyProblem(string Message, string Expected)
{
    /// <summary>The file, as it was named; empty when the policy was built in C#.</summary>
    public string File { get; init; } = "";

    /// <summary>The line, from 1; 0 when there is no file.</summary>
    public int Line { get; init; }

    /// <summary>The column, from 1; 0 when there is no file.</summary>
    public int Column { get; init; }

    /// <summary>Where in the document: <c>rules[2].executable.path[0]</c>; empty for the file as a whole.</summary>
    public string Where { get; init; } = "";

    /// <summary>For an unknown key: the known one that it most resembles; null when none does.</summary>
    public string? NearestKey { get; init; }

    /// <summary>What to do about it, a sentence.</summary>
    internal string Remedy { get; init; } = "Correct the file.";

    /// <summary><c>FILE:LINE:COLUMN: what is wrong; expected …</c>, safe to show.</summary>
    public override string ToString()
    {
        var place =
            Line == 0
                ? Where
                : string.Create(
                    CultureInfo.InvariantCulture,
                    $"{(File.Length == 0 ? "policy" : DisplayText.Escape(File))}:{Line}:{Column}"
                );
        var near = NearestKey is null ? "" : $" Did you mean '{NearestKey}'?";
        return $"{(place.Length == 0 ? "" : place + ": ")}{DisplayText.Escape(Message)}; expected {DisplayText.Escape(Expected)}.{near}";
    }
}

/// <summary>A policy that does not load, with every reason that was found.</summary>
/// <param name="Problems">At least one, in the order of the file.</param>
public sealed record PolicyRefusal(ValueList<PolicyProblem> Problems)
{
    /// <summary>One line a problem.</summary>
    public override string ToString() => string.Join('\n', Problems);
}
