using System.CommandLine;
using System.CommandLine.Parsing;
using Osl.Cli.Parsing;
using Osl.Operations;
using Osl.Operations.Processes;

namespace Osl.Cli.Commands;

/// <summary>The options of run that are about what the program can reach.</summary>
internal sealed class SandboxOptions
{
    private readonly Option<string[]> _read = Paths(
        "--read",
        "Let it read and list this path, and no other than the paths of --read, --write and --exec. Can be repeated."
    );

    private readonly Option<string[]> _write = Paths(
        "--write",
        "Let it write, make and remove here; to read it too, say --read as well. Can be repeated."
    );

    private readonly Option<string[]> _execute = Paths(
        "--exec",
        "Let it execute and read this path; most programs need /usr for themselves and their libraries. Can be repeated."
    );

    private readonly Option<bool> _noNetwork = Values.Flag("--no-network", "Cut it off from the network, and from sockets of every kind.");

    private readonly Option<string[]> _refuse = new("--refuse")
    {
        HelpName = "CLASS",
        Description = $"Refuse it a class of system calls: {string.Join(", ", SystemCallClasses.All)}. Can be repeated.",
    };

    internal void AddTo(Command command)
    {
        _refuse.Validators.Add(RequireClass);
        foreach (var option in (Option[])[_read, _write, _execute, _noNetwork, _refuse])
        {
            command.Options.Add(option);
        }
    }

    internal SpawnProcessOperation AddTo(SpawnProcessOperation spawn, ParseResult parse)
    {
        var sandbox = new SandboxConfig
        {
            ReadPaths = PathsOf(parse, _read),
            WritePaths = PathsOf(parse, _write),
            ExecutePaths = PathsOf(parse, _execute),
            NoNetwork = parse.GetValue(_noNetwork),
            RefusedSystemCalls = (parse.GetValue(_refuse) ?? []).ToValueList(),
        };
        return sandbox == new SandboxConfig() ? spawn : spawn with { Sandbox = sandbox };
    }

    private static Option<string[]> Paths(string name, string description)
    {
        var option = new Option<string[]>(name) { HelpName = "PATH", Description = description };
        option.Validators.Add(result =>
        {
            if (result.Tokens.Any(token => token.Value.Length == 0))
            {
                result.AddError($"{name} needs a path.");
            }
        });
        return option;
    }

    /// <summary>From the directory in which osl was called, as a shell completes them; --cwd is for the program.</summary>
    private static ValueList<string> PathsOf(ParseResult parse, Option<string[]> option) =>
        (parse.GetValue(option) ?? []).Select(FromHere).ToValueList();

    private static string FromHere(string path)
    {
        try
        {
            // Not a full path: what '..' means after a link is the kernel's to say.
            return Path.Combine(Environment.CurrentDirectory, path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            // The directory is gone, or the text is no path: the validator or the look at it says so.
            return path;
        }
    }

    private static void RequireClass(OptionResult option)
    {
        foreach (var token in option.Tokens)
        {
            if (!SystemCallClasses.All.Contains(token.Value, StringComparer.Ordinal))
            {
                option.AddError($"--refuse: '{token.Value}' is none of {string.Join(", ", SystemCallClasses.All)}.");
            }
        }
    }
}
