using System.Globalization;
using Osl.Cli.Output;
using Osl.Hosting;
using Osl.Hosting.Policies;
using Osl.Interop.Files;
using Osl.Interop.Linux;
using Osl.Operations;
using Osl.Security.Policies;

namespace Osl.Cli;

/// <summary>What osl finds around it, beside what the machine can do: who runs it, and the places it uses.</summary>
internal static class Surroundings
{
    internal static Finding Account() =>
        OperatingSystem.IsWindows()
            ? new("account", true, Environment.IsPrivilegedProcess ? $"{Principal.Current.Name}, elevated" : Principal.Current.Name)
            : new(
                "account",
                true,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{Environment.UserName}, uid {Libc.GetEuid()}{(Libc.GetEuid() == 0 ? ": may start programs as anyone; foreign targets stay denied" : "")}"
                )
            );

    internal static Finding Journal(string? directory) =>
        directory is null
            ? new(
                "audit-journal",
                false,
                "no home directory to keep it under, so nothing can be started",
                OperatingSystem.IsWindows()
                    ? "Run as an account that has a profile, or name a directory with --audit-dir."
                    : "Set HOME, or name a directory with --audit-dir."
            )
            : Place(
                "audit-journal",
                directory,
                OperatingSystem.IsWindows()
                    ? "Only this account and administrators may change any part of the path, which is local and no link."
                    : "Only root and this account may write to any part of the path, and it may be no symbolic link."
            );

    internal static Finding Registry() =>
        OslDirectories.Registry is { } directory
            ? Place(
                "registry",
                directory,
                OperatingSystem.IsWindows()
                    ? "Without it, other osl processes don't see what this one started; give the path back to this account alone."
                    : "Without it, other osl processes don't see what this one started; mend the path or set XDG_RUNTIME_DIR."
            )
            : new(
                "registry",
                false,
                "nowhere to keep it: other osl processes don't see what this one started",
                OperatingSystem.IsWindows() ? "Run as an account that has a profile." : "Set XDG_RUNTIME_DIR or HOME."
            );

    /// <summary>What holds: the system's policy or the built-in one, and what was added.</summary>
    internal static IEnumerable<Finding> Policies(string? named)
    {
        yield return OslDirectories.HasSystemPolicy
            ? PolicyAt("policy", OslDirectories.SystemPolicyFile, "the system's")
            : new(
                "policy",
                true,
                "builtin-1, the built-in one: start programs as this account, control what was started for it; all else is denied"
            );
        if (named is not null)
        {
            var added = PolicyAt("added-policy", named, "added");
            yield return added.IsFine && Together(named) is { } hash
                ? added with
                {
                    Detail = $"{added.Detail}; audit records name it together with the other by {hash}",
                }
                : added;
        }
    }

    private static string? Together(string named)
    {
        try
        {
            return HostPolicy.Compose(own: null, [named]).Hash;
        }
        catch (OslConfigurationException)
        {
            // The system's does not load, which the line before says.
            return null;
        }
    }

    private static Finding PolicyAt(string name, string file, string whose) =>
        PolicyFile
            .Load(file)
            .Match(
                policy => new Finding(
                    name,
                    true,
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"{file}, {whose}: loaded, trusted, rules: {policy.Document.Rules.Count}, hash {policy.Hash}"
                    )
                ),
                refusal => new Finding(
                    name,
                    false,
                    $"{file}, {whose}, does not load, and nothing is started, signalled or ended beside it: {refusal.Problems[0]}",
                    "Mend it ('osl policy check FILE' shows everything), or take it away."
                )
            );

    private static Finding Place(string name, string path, string remedy)
    {
        // A directory that is not there is made for this account alone: what counts is what it will be made in.
        path = Path.GetFullPath(path);
        var trust = TrustedPath.Examine(path);
        return trust.IsTrusted || trust.IsMissing
            ? new(name, true, $"{path}: trusted{(trust.IsTrusted ? "" : ", not there yet")}")
            : new(name, false, $"{path}: {trust.Describe()}", remedy);
    }
}
