using System.CommandLine;
using Osl.Cli.Completion;
using Osl.Cli.Output;

namespace Osl.Cli.Commands;

/// <summary>Prints the script that makes a shell complete osl's command lines.</summary>
internal sealed class CompletionCommand : OslCommand
{
    private readonly Argument<string> _shell = new("SHELL") { Description = "bash, zsh or fish." };

    internal CompletionCommand(GlobalOptions globals, CliIo io)
        : base("completion", "Print the script that makes a shell complete osl's command lines.", globals, io)
    {
        Arguments.Add(_shell);
        _shell.Validators.Add(result =>
        {
            if (!Shells.Contains(result.Tokens[0].Value, StringComparer.Ordinal))
            {
                result.AddError($"'{result.Tokens[0].Value}' is none of the shells: {string.Join(", ", Shells)}.");
            }
        });
    }

    internal static IReadOnlyList<string> Shells { get; } = ["bash", "zsh", "fish"];

    internal override IReadOnlyList<string> Details { get; } =
    [
        "Commands, options, names of signals, live processes and groups, ids of operations; after 'osl run --' what the program itself completes.",
        "bash: put source <(osl completion bash) into ~/.bashrc. zsh: save it as _osl in a directory of fpath, or put source <(osl completion zsh) after compinit into ~/.zshrc. fish: save it as ~/.config/fish/completions/osl.fish.",
    ];

    internal override IReadOnlyList<Example> Examples { get; } =
    [
        new("osl completion bash", "The script for bash."),
        new("osl completion zsh", "The script for zsh."),
        new("osl completion fish", "The script for fish."),
    ];

    private protected override Task<int> ExecuteAsync(ParseResult parse, CancellationToken cancellationToken) =>
        Task.FromResult(Print(parse));

    private int Print(ParseResult parse)
    {
        var shell = parse.GetRequiredValue(_shell);
        var script =
            shell is "bash" ? ShellScripts.Bash
            : shell is "zsh" ? ShellScripts.Zsh
            : ShellScripts.Fish;
        if (WantsJson(parse))
        {
            Json.WriteObject(
                Io.Out,
                json =>
                {
                    json.WriteString("shell"u8, shell);
                    json.WriteString("script"u8, script);
                }
            );
        }
        else
        {
            Io.Out.Write(script);
        }

        return ExitCodes.Done;
    }
}
