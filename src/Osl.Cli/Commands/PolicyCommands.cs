using System.CommandLine;
using Osl.Cli.Policies;
using Osl.Security.Policies;

namespace Osl.Cli.Commands;

/// <summary>The commands for those who write policies.</summary>
internal static class PolicyCommands
{
    internal static Command Create(GlobalOptions globals, CliIo io) =>
        new("policy", "Check, test and understand policies.")
        {
            new PolicyCheckCommand(globals, io),
            new PolicyTestCommand(globals, io),
            new PolicyLintCommand(globals, io),
            new PolicyExplainCommand(globals, io),
            new PolicySchemaCommand(globals, io),
        };
}

/// <summary>One that looks at a policy file which need not be the one that holds.</summary>
internal abstract class PolicyCommand : OslCommand
{
    private protected PolicyCommand(string name, string description, GlobalOptions globals, CliIo io)
        : base(name, description, globals, io) { }

    /// <summary>Also beside a policy that does not load: it is there to mend that.</summary>
    internal override bool IsUnderPolicy => false;

    private protected static Argument<string> FileArgument() => new("FILE") { Description = "A policy file." };

    /// <summary>The policy; null, and the reasons told, when it does not load.</summary>
    /// <param name="parse">The command line.</param>
    /// <param name="file">Its path.</param>
    /// <param name="toShow">Whether more of it will be told than that it loads.</param>
    private protected CompiledPolicy? Read(ParseResult parse, string file, bool toShow)
    {
        if ((toShow ? PolicyFile.ReadToShow(file) : PolicyFile.Read(file)).TryPickT0(out var policy, out var refusal))
        {
            return policy;
        }

        PolicyProblems.Write(Io, WantsJson(parse), refusal);
        return null;
    }
}
