using System.CommandLine.Invocation;
using FsCheck;
using FsCheck.Fluent;
using Osl.Cli;
using Xunit;

namespace Osl.Tests.Unit.Cli;

/// <summary>A thousand command lines of commands, options, values and rubbish.</summary>
public sealed class RandomCommandLineTests
{
    [Fact]
    public void A_thousand_command_lines_are_understood_or_refused_in_words() =>
        Prop.ForAll(
                RandomCommandLines.Any.ToArbitrary(),
                commandLine =>
                {
                    var (result, unknown) = Terminal.Application().Parse(commandLine);
                    Assert.NotNull(result);
                    Assert.All(result.Errors, error => Assert.DoesNotContain("   at ", error.Message, StringComparison.Ordinal));
                    // What is decided without the parser agrees with it, wherever that understands the line.
                    if (unknown is null && result.CommandResult.Command is { Name: "run" } run && result.Action == run.Action)
                    {
                        Assert.True(Footing.IsRun(commandLine), string.Join('|', commandLine));
                    }

                    return true;
                }
            )
            .Check(Config.QuickThrowOnFailure.WithMaxTest(1000));

    [Fact]
    public async Task What_is_refused_leaves_no_control_character_and_an_exit_code()
    {
        var refused = 0;
        foreach (var commandLine in RandomCommandLines.Any.Sample(1000))
        {
            var application = Terminal.Application();
            var (result, unknown) = application.Parse(commandLine);
            // Help is given whatever else is wrong.
            if (result.Action is not ParseErrorAction && unknown is null)
            {
                continue;
            }

            refused++;
            var (exitCode, output, error) = await Terminal.RunAsync(commandLine);
            Assert.True(exitCode is 1 or 2 or 125, $"{exitCode}");
            // With --json programs are told as well: one object, one line, ASCII.
            Assert.Equal(
                commandLine
                    .TakeWhile(word => !string.Equals(word, "--", StringComparison.Ordinal))
                    .Contains("--json", StringComparer.Ordinal)
                && output.Length > 0
                    ? 1
                    : 0,
                output.Count(c => c == '\n')
            );
            Assert.True(output.Length == 0 || output.StartsWith("{\"version\":1,\"error\":{", StringComparison.Ordinal), output);
            Assert.DoesNotContain(output, c => c != '\n' && c is < ' ' or > '~');
            Assert.StartsWith("osl: ", error, StringComparison.Ordinal);
            Assert.InRange(error.Count(c => c == '\n'), 1, 2);
            Assert.DoesNotContain(error, c => c != '\n' && (char.IsControl(c) || c is >= '\u202a' and <= '\u202e'));
        }

        Assert.InRange(refused, 100, 1000);
    }

    [Theory]
    [InlineData(true, "run", "x")]
    [InlineData(true, "--verbose", "run")]
    [InlineData(true, "--audit-dir", "ps", "run")]
    [InlineData(true, "--policy=x", "run")]
    [InlineData(false, "ps", "run")]
    [InlineData(false, "--audit-dir", "run", "ps")]
    [InlineData(false)]
    [InlineData(false, "--audit-dir")]
    public void Run_is_known_without_the_parser(bool isRun, params string[] arguments) => Assert.Equal(isRun, Footing.IsRun(arguments));
}
