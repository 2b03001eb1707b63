using System.Globalization;
using System.Runtime.Versioning;
using Osl.Cli;
using Osl.Cli.Commands;

namespace Osl.Tests.Integration.Cli;

/// <summary>Every example of every help, typed as it stands there; 4711 stands for a group, or its leader, that runs.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class ExamplesTests : IDisposable
{
    private const string Placeholder = "4711";

    private readonly OslCommandLine _osl = new();

    public static TheoryData<string> Examples
    {
        get
        {
            using var io = new CliIo(TextWriter.Null, TextWriter.Null, static _ => null, TimeProvider.System);
            return [.. Below(new OslApplication(io).Root).SelectMany(command => command.Examples).Select(example => example.CommandLine)];
        }
    }

    public void Dispose() => _osl.Dispose();

    [Theory]
    [MemberData(nameof(Examples))]
    public async Task An_example_works_as_it_stands(string commandLine)
    {
        // A place in which git status and make have something to do, and a journal that is not empty.
        await File.WriteAllTextAsync(
            Path.Combine(_osl.Directory, "Makefile"),
            "all:\n\t@echo made\n",
            TestContext.Current.CancellationToken
        );
        // A policy to look at; not the one that holds.
        await File.WriteAllTextAsync(
            Path.Combine(_osl.Directory, "policy.yaml"),
            $"version: 1\nrules: [{{ id: echo, effect: allow, actions: [process.start], executable: {{ path: {RealPath("/bin/echo")} }}, arguments: [hello] }}]\n",
            TestContext.Current.CancellationToken
        );
        await File.WriteAllTextAsync(
            Path.Combine(_osl.Directory, "cases.yaml"),
            $"version: 1\ncases: [{{ command: [echo, hello], executable: {RealPath("/bin/echo")}, expect: allow }}]\n",
            TestContext.Current.CancellationToken
        );
        Assert.Equal(0, (await _osl.RunAsync("run", "--", "git", "init", "-q")).ExitCode);
        using var session = _osl.Open("run", "--", "sh", "-c", "trap : HUP; echo $$; while :; do sleep 1000 & wait; done");
        var pgid = await session.ReadNumberAsync();

        var typed = $"${commandLine.Replace("osl ", "OSL ", StringComparison.Ordinal)}".Replace(
            Placeholder,
            pgid.ToString(CultureInfo.InvariantCulture),
            StringComparison.Ordinal
        );
        var outcome = await _osl.RunOtherAsync("/bin/sh", "-c", typed);

        Assert.Equal((0, ""), (outcome.ExitCode, outcome.Error));
        var says =
            commandLine.Contains("--denied", StringComparison.Ordinal)
            || commandLine.Contains("sleep 2", StringComparison.Ordinal)
            || commandLine.Contains("--host", StringComparison.Ordinal);
        Assert.True(says || outcome.Output.Length > 0, "an example that shows nothing");
        if (commandLine.Contains("--json", StringComparison.Ordinal))
        {
            Assert.NotEmpty(outcome.JsonLines());
        }

        // The example may have ended it.
        if (OslCommandLine.IsAlive(pgid))
        {
            session.Signal(15);
        }

        await session.EndAsync();
        Assert.Equal(0, OslCommandLine.AliveIn(pgid));
    }

    private static string RealPath(string path) => Osl.Cli.Policies.RealPaths.Of(path)!;

    private static IEnumerable<OslCommand> Below(System.CommandLine.Command command) =>
        command.Subcommands.SelectMany(Below).Concat(command is OslCommand leaf ? [leaf] : []);
}
