using System.CommandLine;
using FsCheck;
using FsCheck.Fluent;
using Osl.Cli.Commands;
using Osl.Operations.Processes;
using Xunit;

namespace Osl.Tests.Unit.Cli;

public sealed class CommandLineTests
{
    private static readonly string[] Words =
    [
        "run",
        "ps",
        "signal",
        "kill-group",
        "audit",
        "list",
        "show",
        "doctor",
        "--",
        "-",
        "--json",
        "--json=true",
        "--timeout",
        "--timeout=5s",
        "--timeout:5s",
        "5s",
        "--env",
        "K=V",
        "--group",
        "-1",
        "0",
        "4711",
        "TERM",
        "--help",
        "-h",
        "--version",
        "--audit-dir",
        "",
        "@file",
        "[diagram]",
        "[suggest]",
        "true",
        "--verbose",
        "--detach",
        "/?",
        "\u001b[31m",
        "\ud800",
        "--bogus",
        "-xyz",
        "--limit=0",
    ];

    [Fact]
    public void No_command_line_crashes_the_parser() =>
        Prop.ForAll(
                Gen.OneOf(Gen.Elements(Words), ArbMap.Default.GeneratorFor<NonNull<string>>().Select(text => text.Get))
                    .ArrayOf()
                    .ToArbitrary(),
                arguments =>
                {
                    var (result, _) = Terminal.Application().Parse(arguments);
                    // Help and version may be asked for beside whatever is wrong; a command is never done then.
                    return result.Errors.Count == 0 || result.Action != result.CommandResult.Command.Action;
                }
            )
            .QuickCheckThrowOnFailure();

    [Fact]
    public void After_the_program_everything_is_the_programs() =>
        Prop.ForAll(
                Gen.Elements(Words).ArrayOf().ToArbitrary(),
                ArbMap.Default.ArbFor<bool>(),
                (tail, withSeparator) =>
                {
                    string[] commandLine = ["prog", .. tail];
                    string[] arguments = withSeparator ? ["run", "--json", "--", .. commandLine] : ["run", "--json", .. commandLine];
                    return ProgramOf(arguments).SequenceEqual(commandLine, StringComparer.Ordinal);
                }
            )
            .QuickCheckThrowOnFailure();

    [Theory]
    [InlineData("run", "--timeout", "5s", "prog", "--timeout", "6s")]
    [InlineData("run", "--timeout=5s", "prog", "--timeout", "6s")]
    [InlineData("--audit-dir", "run", "run", "--timeout:5s", "prog", "--timeout", "6s")]
    [InlineData("run", "--timeout", "5s", "--", "prog", "--timeout", "6s")]
    public void An_option_of_ours_ends_where_the_program_begins(params string[] arguments)
    {
        Assert.Equal(["prog", "--timeout", "6s"], ProgramOf(arguments));
        Assert.Equal(TimeSpan.FromSeconds(5), OperationOf(arguments).TimeLimit);
    }

    [Fact]
    public void A_program_may_be_called_like_anything_after_the_separator()
    {
        Assert.Equal(["--bogus", "--", "-1"], ProgramOf("run", "--", "--bogus", "--", "-1"));
        Assert.Equal(["true"], ProgramOf("run", "--json", "true"));
        Assert.Equal(["@file"], ProgramOf("run", "@file"));
    }

    [Theory]
    [InlineData("--bogus")]
    [InlineData("-x")]
    [InlineData("-")]
    [InlineData("--json=true2")]
    public async Task What_begins_with_a_dash_before_the_program_has_to_be_an_option(string option)
    {
        var (exitCode, output, error) = await Terminal.RunAsync("run", option, "prog");
        Assert.Equal(125, exitCode);
        Assert.Empty(output);
        Assert.StartsWith("osl: ", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(125, "run")]
    [InlineData(125, "run", "--")]
    [InlineData(125, "run", "--timeout", "5", "prog")]
    [InlineData(125, "run", "--timeout", "--", "prog")]
    [InlineData(125, "run", "--env", "novalue", "prog")]
    [InlineData(125, "run", "--env", "=x", "prog")]
    [InlineData(125, "run", "--new-group", "--new-session", "prog")]
    [InlineData(125, "run", "--group", "5", "--inherit-group", "prog")]
    [InlineData(125, "run", "--group", "five", "prog")]
    [InlineData(125, "run", "--detach", "--timeout", "5s", "prog")]
    [InlineData(125, "run", "--timeout", "1s", "--timeout", "2s", "prog")]
    [InlineData(125, "run", "--audit-dir", "", "prog")]
    [InlineData(2)]
    [InlineData(2, "bogus")]
    [InlineData(2, "audit")]
    [InlineData(2, "ps", "--bogus")]
    [InlineData(2, "ps", "extra")]
    [InlineData(2, "ps", "--json=extra")]
    [InlineData(2, "signal")]
    [InlineData(2, "signal", "4711")]
    [InlineData(2, "signal", "4711", "NOSUCH")]
    [InlineData(2, "signal", "4711", "0")]
    [InlineData(2, "signal", "4711", "65")]
    [InlineData(2, "signal", "four", "TERM")]
    [InlineData(2, "signal", "99999999999", "TERM")]
    [InlineData(2, "kill-group")]
    [InlineData(2, "kill-group", "4711", "--grace", "soon")]
    [InlineData(2, "audit", "list", "--limit", "0")]
    [InlineData(2, "audit", "list", "--limit", "ten")]
    [InlineData(2, "audit", "list", "--limit", "-1")]
    [InlineData(2, "audit", "list", "--limit", "99999999999")]
    [InlineData(2, "audit", "list", "--since", "yesterday")]
    [InlineData(2, "audit", "show", "not-an-id")]
    public async Task Wrong_usage_is_told_in_two_lines(int expected, params string[] arguments)
    {
        var (exitCode, output, error) = await Terminal.RunAsync(arguments);
        Assert.Equal(expected, exitCode);
        Assert.Empty(output);
        var lines = error.TrimEnd('\n').Split('\n');
        Assert.Equal(2, lines.Length);
        Assert.StartsWith("osl: ", lines[0], StringComparison.Ordinal);
        Assert.StartsWith("     ", lines[1], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(2, "bogus")]
    [InlineData(2, "audit")]
    [InlineData(2, "ps", "extra")]
    [InlineData(2, "kill-group", "4711", "--grace", "2d")]
    [InlineData(125, "run", "--timeout", "3650d", "true")]
    [InlineData(125, "run", "--bogus", "true")]
    public async Task Wrong_usage_is_told_to_programs_too(int expected, params string[] arguments)
    {
        var (exitCode, output, error) = await Terminal.RunAsync(["--json", .. arguments]);
        Assert.Equal(expected, exitCode);
        var told = System.Text.Json.JsonDocument.Parse(output).RootElement.GetProperty("error");
        Assert.Equal("usage", told.GetProperty("code").GetString());
        Assert.StartsWith($"osl: {told.GetProperty("message").GetString()}\n", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("[env:X=1]", "run", "--", "true")]
    [InlineData("[suggest]")]
    [InlineData("[suggest:3]", "ps")]
    [InlineData("[diagram]", "ps")]
    [InlineData("[config:a=b]", "doctor")]
    [InlineData("[help]", "--json", "ps")]
    public async Task A_leading_word_in_brackets_is_no_command_and_does_nothing(params string[] arguments)
    {
        var (exitCode, _, error) = await Terminal.RunAsync(arguments);
        Assert.Equal(2, exitCode);
        Assert.StartsWith($"osl: '{arguments[0]}' is no command: there are run, ", error, StringComparison.Ordinal);
        Assert.Equal(2, error.TrimEnd('\n').Split('\n').Length);
    }

    [Fact]
    public void A_program_may_be_called_like_a_directive() => Assert.Equal(["[diagram]", "[x]"], ProgramOf("run", "[diagram]", "[x]"));

    [Theory]
    [InlineData("help")]
    [InlineData("help", "run")]
    [InlineData("help", "audit")]
    [InlineData("help", "audit", "key", "init")]
    [InlineData("help", "--json", "signal")]
    public async Task Help_on_a_command_is_what_its_own_help_option_shows(params string[] arguments)
    {
        var (exitCode, output, error) = await Terminal.RunAsync(arguments);
        Assert.Equal((0, ""), (exitCode, error));
        var expected = await Terminal.RunAsync([.. arguments[1..], "--help"]);
        Assert.Equal(expected.Output, output);
    }

    [Theory]
    [InlineData("bogus", "help", "bogus")]
    [InlineData("bogus", "help", "audit", "bogus")]
    [InlineData("true", "help", "run", "true")]
    public async Task Help_on_what_is_no_command_says_so_and_does_nothing(string word, params string[] arguments)
    {
        var (exitCode, output, error) = await Terminal.RunAsync(arguments);
        Assert.Equal((2, ""), (exitCode, output));
        Assert.StartsWith($"osl: '{word}' is no command: there are ", error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_program_may_have_as_many_arguments_as_the_kernel_takes() =>
        Assert.Equal(600_000, OperationOf(["run", "--", "prog", .. Enumerable.Repeat("x", 600_000)]).Arguments.Count);

    [Fact]
    public async Task What_the_program_is_told_is_no_wish_for_json()
    {
        var (_, output, _) = await Terminal.RunAsync("run", "--timeout", "soon", "prog", "--json");
        Assert.Empty(output);
    }

    [Fact]
    public async Task A_duration_has_the_bound_of_the_operation_that_takes_it()
    {
        Assert.Equal(SpawnProcessOperation.LongestTimeLimit, OperationOf("run", "--timeout", "365d", "prog").TimeLimit);
        var (_, _, timeout) = await Terminal.RunAsync("run", "--timeout", "366d", "prog");
        Assert.StartsWith("osl: --timeout: '366d' is more than 365 days.\n", timeout, StringComparison.Ordinal);
        var (_, _, grace) = await Terminal.RunAsync("kill-group", "4711", "--grace", "25h");
        Assert.StartsWith("osl: --grace: '25h' is more than 1 day.\n", grace, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_value_that_may_be_secret_is_not_repeated()
    {
        var (_, _, error) = await Terminal.RunAsync("run", "--env", "hunter2", "prog");
        Assert.DoesNotContain("hunter2", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_repeated_is_escaped()
    {
        var (_, _, error) = await Terminal.RunAsync("signal", "4711", "\u001b[31mTERM");
        Assert.DoesNotContain('\u001b', error);
    }

    [Fact]
    public async Task The_version_is_one_line()
    {
        var (exitCode, output, _) = await Terminal.RunAsync("--version");
        Assert.Equal(0, exitCode);
        Assert.Matches(@"\Aosl \d+\.\d+\.\d+ \((commit [0-9a-f]{12}, )?\.NET [^,\n]+, [a-z0-9.-]+\)\n\z", output);
    }

    [Fact]
    public void A_negative_number_is_a_pid_and_no_option()
    {
        var (result, _) = Terminal.Application().Parse(["signal", "-1", "TERM"]);
        Assert.Empty(result.Errors);
        Assert.Equal(-1, result.GetValue<int>("PID"));
    }

    [Fact]
    public void Every_example_is_understood() =>
        Assert.All(
            Terminal.Commands().SelectMany(command => command.Examples),
            example =>
            {
                // Some are several commands of a shell.
                foreach (var command in example.CommandLine.Split(" && "))
                {
                    var words = command.Split(' ').Where(word => word[0] != '>').ToArray();
                    Assert.Equal("osl", words[0]);
                    Assert.Empty(Terminal.Application().Parse(words[1..]).Result.Errors);
                }
            }
        );

    [Fact]
    public void The_group_options_place_the_process()
    {
        Assert.Equal(ProcessGroupPlacement.NewGroup, OperationOf("run", "prog").ProcessGroup.Placement);
        Assert.Equal(ProcessGroupPlacement.NewGroup, OperationOf("run", "--new-group", "prog").ProcessGroup.Placement);
        Assert.Equal(ProcessGroupPlacement.Inherit, OperationOf("run", "--inherit-group", "prog").ProcessGroup.Placement);
        Assert.Equal(7, OperationOf("run", "--group", "7", "prog").ProcessGroup.Target?.Pgid);
        Assert.Equal(-7, OperationOf("run", "--group", "-7", "prog").ProcessGroup.Target?.Pgid);
        Assert.True(OperationOf("run", "--new-session", "prog").DetachFromTerminal);
        Assert.Equal(ProcessLifetime.Detached, OperationOf("run", "--detach", "prog").Lifetime);
    }

    [Fact]
    public void The_other_options_reach_the_operation()
    {
        var operation = OperationOf(
            "run",
            "--env",
            "A=1=2",
            "--env",
            "B=",
            "--env",
            "A=3",
            "--cwd",
            "/x",
            "--grace",
            "2s",
            "prog",
            "a",
            ""
        );
        Assert.Equal([new EnvironmentVariable("B", ""), new EnvironmentVariable("A", "3")], operation.Environment.Set);
        Assert.Equal("/x", operation.WorkingDirectory);
        Assert.Equal(StopSequence.Graceful(TimeSpan.FromSeconds(2)), operation.StopSequence);
        Assert.Equal(["a", ""], operation.Arguments);
    }

    private static string[] ProgramOf(params string[] arguments)
    {
        var operation = OperationOf(arguments);
        return [operation.Program, .. operation.Arguments.Select(argument => argument.Value)];
    }

    private static SpawnProcessOperation OperationOf(params string[] arguments)
    {
        var (result, unknownOption) = Terminal.Application().Parse(arguments);
        Assert.Null(unknownOption);
        Assert.Empty(result.Errors);
        return ((RunCommand)result.CommandResult.Command).ToOperation(result);
    }
}
