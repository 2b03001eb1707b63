using System.CommandLine;
using System.CommandLine.Invocation;
using System.Reflection;

namespace Osl.Cli.Parsing;

/// <summary>The version of osl: of this assembly, whatever program it is loaded into.</summary>
internal sealed class VersionAction : SynchronousCommandLineAction
{
    public override bool ClearsParseErrors => true;

    public override int Invoke(ParseResult parseResult)
    {
        var version = typeof(VersionAction).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>();
        parseResult.InvocationConfiguration.Output.Write($"{version?.InformationalVersion}\n");
        return ExitCodes.Done;
    }
}
