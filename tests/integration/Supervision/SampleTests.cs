using System.Diagnostics;
using System.Runtime.Versioning;

namespace Osl.Tests.Integration.Supervision;

/// <summary>The samples of supervision, as programs of their own.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class SampleTests : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("osl-sample-");

    private static CancellationToken Test => TestContext.Current.CancellationToken;

    public void Dispose() => _directory.Delete(recursive: true);

    [Fact]
    public async Task Of_a_supervised_tree_nothing_is_left_behind()
    {
        var (code, output) = await RunAsync("SupervisedTree", _directory.FullName);
        Assert.Equal(
            """
            owned: daemon
            application/worker left 1 process behind: ended
            application/worker: The worker has crashed.
            application/worker: done
            all children have ended
            left: 0

            """.ReplaceLineEndings("\n"),
            output
        );
        Assert.Equal(0, code);
    }

    [Fact]
    public async Task An_agents_tools_run_under_the_policy_with_approvals_and_can_be_reviewed()
    {
        var (code, output) = await RunAsync("AgentHost", _directory.FullName);
        Assert.Equal(
            """
            alice: uname -s
              ok Linux
            alice: mkdir -- build
              asked: may alice do 'run mkdir -- build' (make room for the build)?
              ok
            alice: mkdir -- mine
              asked: may alice do 'run mkdir -- mine' (because I can)?
              approval_required: Rule 'make-directories' requires an approval: carol refused: not for that.
            bob: mkdir -- bobs
              denied: Denied by rule 'policy:default': no rule allows it.
            alice: mkdir -- ../outside
              denied: Denied by rule 'policy:default': no rule allows it.
            alice: rm -rf /
              denied: Denied by rule 'policy:default': no rule allows it.
            review:
              alice outcome succeeded
              alice approval granted by rule 'make-directories'
              alice outcome succeeded
              alice approval refused by rule 'make-directories'
              alice refusal approval_required by rule 'make-directories'
              bob refusal denied by rule 'policy:default'
              alice refusal denied by rule 'policy:default'
              alice refusal denied by rule 'policy:default'

            """.ReplaceLineEndings("\n"),
            output
        );
        Assert.Equal(0, code);
        Assert.Equal(
            ["audit", "build"],
            _directory.GetDirectories().Select(made => made.Name).Order(StringComparer.Ordinal),
            StringComparer.Ordinal
        );
    }

    [Fact]
    public async Task A_script_a_daemon_and_a_contained_tree_are_each_held_as_one()
    {
        var (code, output) = await RunAsync("ProcessTrees");
        var tree = output.Contains("is in a cgroup", StringComparison.Ordinal)
            ? "is in a cgroup, which nobody can leave"
            : "is in a process group, which a member can leave by setsid";
        Assert.Equal(
            $"""
            script     ready
            script     3 of 3 ended, 1 by force
            daemon     leads a session of its own: True
            daemon     lives on: True
            daemon     1 of 1 ended by the next host
            tree       {tree}
            tree       4 live
            tree       all are frozen
            tree       4 of 4 ended

            """.ReplaceLineEndings("\n"),
            output
        );
        Assert.Equal(0, code);
    }

    [Fact]
    public async Task A_process_actor_owns_all_processes_of_those_who_ask_it()
    {
        var (code, output) = await RunAsync("ProcessActor");
        Assert.Equal(
            """
            worker     has a process that leads a group of its own: True
            worker     name_taken: A process 'script' runs already.
            registry   script
            root       all children have ended
            registry   0 alive
            worker     has a process that leads a group of its own: True
            test       sh -c 'sleep 1000 & wait'

            """.ReplaceLineEndings("\n"),
            output
        );
        Assert.Equal(0, code);
    }

    [Fact]
    public async Task A_managed_process_comes_back_is_attached_to_and_starts_again_from_its_template()
    {
        var (code, output) = await RunAsync("Manager", _directory.FullName);
        Assert.Equal(
            """
            started    worker: sleep 1000
            restarted  1 time
            attached   sleep, its command is not known: ''
            stopped    Ended, and seen by who was attached: Failed
            templates  worker Running; 0 failed

            """.ReplaceLineEndings("\n"),
            output
        );
        Assert.Equal(0, code);
        Assert.Equal(["worker.yaml"], _directory.GetFiles().Select(file => file.Name), StringComparer.Ordinal);
    }

    [Fact]
    public async Task An_operation_of_ones_own_is_validated_judged_and_done()
    {
        var (code, output) = await RunAsync("CustomOperation");
        Assert.Equal(
            ["no rule denied:", "bad shape validation_failed:", "missing not_found:", "allowed mode"],
            output
                .Split('\n', StringSplitOptions.RemoveEmptyEntries)
                .Select(line => $"{line[..10].TrimEnd()} {line[10..].TrimStart().Split(' ')[0]}"),
            StringComparer.Ordinal
        );
        Assert.EndsWith(" -> 600\n", output, StringComparison.Ordinal);
        Assert.Equal(0, code);
    }

    private static async Task<(int Code, string Output)> RunAsync(string sample, params string[] arguments)
    {
        var program = Path.Combine(
            AppContext.BaseDirectory.Replace(
                Path.Combine("tests", "integration", "bin"),
                Path.Combine("samples", sample, "bin"),
                StringComparison.Ordinal
            ),
            $"{sample}.dll"
        );
        using var process = Process.Start(
            new ProcessStartInfo("dotnet", [program, .. arguments])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                UseShellExecute = false,
            }
        )!;
        var error = process.StandardError.ReadToEndAsync(Test);
        var output = await process.StandardOutput.ReadToEndAsync(Test);
        await process.WaitForExitAsync(Test);
        // In full: what an assertion shows of a difference ends before the reason.
        TestContext.Current.TestOutputHelper?.WriteLine($"{output}{await error}");
        Assert.Equal("", await error);
        return (process.ExitCode, output);
    }
}
