using Osl.Cli.Parsing;
using Xunit;

namespace Osl.Tests.Unit.Cli;

public sealed class HelpTests
{
    private static readonly string[] Order = ["Usage:", "Options of every command:", "Exit codes:", "Environment and files:", "Examples:"];

    [Fact]
    public async Task Every_command_has_the_sections_in_one_order()
    {
        foreach (var command in Terminal.Commands())
        {
            var (exitCode, output, error) = await Terminal.RunAsync([.. Terminal.PathOf(command), "--help"]);
            Assert.Equal((0, ""), (exitCode, error));
            Assert.StartsWith($"osl {string.Join(' ', Terminal.PathOf(command))} - ", output, StringComparison.Ordinal);
            var places = Order.Select(title => output.IndexOf($"\n{title}\n", StringComparison.Ordinal)).ToList();
            Assert.DoesNotContain(-1, places);
            Assert.Equal(places.Order(), places);
            Assert.All(
                command.Options.Where(option => !option.Hidden),
                option => Assert.Contains($"\n  {option.Name}", output, StringComparison.Ordinal)
            );
        }
    }

    [Fact]
    public async Task What_has_commands_below_it_shows_an_example_of_each()
    {
        foreach (
            var path in (string[][])
                [
                    [],
                    ["audit"],
                ]
        )
        {
            var (_, output, _) = await Terminal.RunAsync([.. path, "--help"]);
            var examples = output[output.IndexOf("\nExamples:\n", StringComparison.Ordinal)..];
            var below = Terminal
                .Commands()
                .Where(command => Terminal.PathOf(command).Take(path.Length).SequenceEqual(path, StringComparer.Ordinal));
            Assert.All(
                below,
                command => Assert.Contains($"osl {string.Join(' ', Terminal.PathOf(command))}", examples, StringComparison.Ordinal)
            );
        }
    }

    [Fact]
    public async Task Lines_are_no_wider_than_the_usual_terminal()
    {
        foreach (var path in Terminal.Commands().Select(Terminal.PathOf).Append([]).Append(["audit"]))
        {
            var (_, output, _) = await Terminal.RunAsync([.. path, "--help"]);
            Assert.All(output.Split('\n'), line => Assert.InRange(line.Length, 0, 80));
            Assert.All(output.Split('\n'), line => Assert.Equal(line.TrimEnd(), line));
        }
    }

    [Theory]
    [InlineData(40)]
    [InlineData(60)]
    [InlineData(100)]
    public void Text_is_broken_at_blanks_and_nothing_is_lost(int width)
    {
        using var output = new StringWriter();
        var text = new HelpText(output, width);
        const string Meaning = "a meaning of many words that does not fit into one line of a terminal of any width that is usual today";
        text.List("Title", [("--name VALUE", Meaning), ("--a-name-longer-than-the-column-has-room-for", Meaning)]);
        var lines = output.ToString().TrimEnd('\n').Split('\n');
        Assert.All(
            lines.Where(line => !line.Contains("--a-name", StringComparison.Ordinal)),
            line => Assert.InRange(line.Length, 0, width)
        );
        Assert.Equal(
            $"Title: --name VALUE {Meaning} --a-name-longer-than-the-column-has-room-for {Meaning}",
            string.Join(' ', output.ToString().Split((char[])[' ', '\n'], StringSplitOptions.RemoveEmptyEntries))
        );
    }
}
