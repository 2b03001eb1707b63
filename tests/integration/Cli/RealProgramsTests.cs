using System.Runtime.Versioning;
using System.Text;

namespace Osl.Tests.Integration.Cli;

/// <summary>What people run, unchanged.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class RealProgramsTests : IDisposable
{
    private readonly OslCommandLine _osl = new();

    public void Dispose() => _osl.Dispose();

    [Fact]
    public async Task Make_with_four_jobs()
    {
        var makefile = new StringBuilder("all:");
        var names = Enumerable.Range(0, 12).Select(number => $"part{number}").ToArray();
        makefile.Append($" {string.Join(' ', names)}\n\tcat {string.Join(' ', names)} > $@\n");
        foreach (var name in names)
        {
            makefile.Append($"{name}:\n\techo {name} > $@\n");
        }

        await File.WriteAllTextAsync(Path.Combine(_osl.Directory, "Makefile"), makefile.ToString(), TestContext.Current.CancellationToken);
        var outcome = await _osl.RunAsync("run", "--", "make", "-s", "-j4");
        Assert.Equal((0, "", ""), (outcome.ExitCode, outcome.Output, outcome.Error));
        Assert.Equal(
            string.Join('\n', names) + "\n",
            await File.ReadAllTextAsync(Path.Combine(_osl.Directory, "all"), TestContext.Current.CancellationToken)
        );
        Assert.Equal(2, (await _osl.RunAsync("run", "--", "make", "-s", "no-such-target")).ExitCode);
    }

    [Fact]
    public async Task Git()
    {
        Assert.Equal(0, (await _osl.RunAsync("run", "--", "git", "init", "-q", "repository")).ExitCode);
        await File.WriteAllTextAsync(Path.Combine(_osl.Directory, "repository", "new"), "x", TestContext.Current.CancellationToken);
        var status = await _osl.RunAsync("run", "--cwd", "repository", "--", "git", "status", "--short");
        Assert.Equal((0, "?? new\n"), (status.ExitCode, status.Output));
        Assert.Equal(128, (await _osl.RunAsync("run", "--cwd", "/", "--", "git", "log")).ExitCode);
    }

    [Fact]
    public async Task A_shell_script_with_background_jobs()
    {
        var script = Path.Combine(_osl.Directory, "jobs.sh");
        await File.WriteAllTextAsync(
            script,
            """
            #!/bin/sh
            for i in 1 2 3; do sh -c "echo job $i > job$i" & done
            wait
            cat job1 job2 job3
            sleep 1000 &
            exit 5
            """,
            TestContext.Current.CancellationToken
        );
        File.SetUnixFileMode(script, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        var outcome = await _osl.RunAsync("run", "--json", "./jobs.sh");
        Assert.Equal(5, outcome.ExitCode);
        Assert.Equal("job 1\njob 2\njob 3\n", outcome.Json().GetProperty("stdout").GetString());
        Assert.Equal(1, outcome.Json().GetProperty("left_behind").GetInt32());
        Assert.Equal(0, OslCommandLine.AliveIn(outcome.Json().GetProperty("pgid").GetInt32()));
    }

    [Fact]
    public async Task A_pipeline_fed_from_standard_input()
    {
        var numbers = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Range(1, 50_000).Select(number => $"{number}\n")));
        var outcome = await _osl.RunAsync(numbers, ["run", "--", "sh", "-c", "grep 7 | sort -rn | head -n 3"]);
        Assert.Equal((0, "49997\n49987\n49979\n"), (outcome.ExitCode, outcome.Output));
        var between = await _osl.RunOtherAsync("/bin/sh", "-c", "seq 5 | $OSL run -- tac | $OSL run -- head -n 2");
        Assert.Equal("5\n4\n", between.Output);
    }
}
