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
        Assert.Equal("", await error);
        return (process.ExitCode, output);
    }
}
