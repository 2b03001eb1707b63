using System.CommandLine;
using System.CommandLine.Invocation;
using System.Reflection;
using System.Runtime.InteropServices;
using Osl.Cli.Output;

namespace Osl.Cli.Parsing;

/// <summary>The version of osl: of this assembly, whatever program it is loaded into; the commit, where the build knew it; the runtime.</summary>
internal sealed class VersionAction(GlobalOptions globals) : SynchronousCommandLineAction
{
    private const int ShownOfCommit = 12;

    public override bool ClearsParseErrors => true;

    public override int Invoke(ParseResult parseResult)
    {
        var output = parseResult.InvocationConfiguration.Output;
        var informational = typeof(VersionAction).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>();
        // 0.1.0, or 0.1.0+commit.
        var parts = (informational?.InformationalVersion ?? "").Split('+', 2);
        var commit = parts.Length > 1 ? parts[1] : null;
        if (parseResult.GetValue(globals.Json))
        {
            Json.WriteObject(
                output,
                json =>
                {
                    json.WriteString("osl"u8, parts[0]);
                    json.WriteString("commit"u8, commit);
                    json.WriteString("runtime"u8, RuntimeInformation.FrameworkDescription);
                    json.WriteString("platform"u8, RuntimeInformation.RuntimeIdentifier);
                }
            );
            return ExitCodes.Done;
        }

        var shown = commit is null ? "" : $"commit {commit[..Math.Min(ShownOfCommit, commit.Length)]}, ";
        output.Write($"osl {parts[0]} ({shown}{RuntimeInformation.FrameworkDescription}, {RuntimeInformation.RuntimeIdentifier})\n");
        return ExitCodes.Done;
    }
}
