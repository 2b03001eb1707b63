using Osl.Operations.Processes;
using Xunit;

namespace Osl.Tests.Integration.Linux;

/// <summary>What runs explicit tests in hosts of their own: this same test program, started in odd ways.</summary>
public abstract class HostTest : LinuxExecutorTest
{
    /// <summary>Started as any other program.</summary>
    protected const string Plain = "exec \"$0\" \"$@\"";

    protected static string[] EnvironmentOf(string report, params string[] more) =>
        [
            $"{InsideHostTests.ReportVariable}={report}",
            "PATH=/usr/bin:/bin",
            $"DOTNET_ROOT={Path.GetDirectoryName(Path.GetDirectoryName(Path.GetDirectoryName(Path.GetDirectoryName(typeof(object).Assembly.Location))))}",
            .. more,
        ];

    protected async Task RunInside(string script, string test, Type? tests = null)
    {
        var report = Path.GetTempFileName();
        try
        {
            var launched = Launch(
                "/bin/sh",
                [
                    "-c",
                    script,
                    Environment.ProcessPath!,
                    "-noLogo",
                    "-noColor",
                    "-explicit",
                    "only",
                    "-method",
                    $"{(tests ?? typeof(InsideHostTests)).FullName}.{test}",
                ],
                output: StandardOutputConfig.Capture(),
                error: StandardOutputConfig.SameAsOutput,
                environment: EnvironmentOf(report)
            );

            var exit = await launched.Exited;
            launched.EndCapture();
            var output = (await launched.OutputEnded).Output.Text;

            // The exit code alone would also be 0 if the runner had found no test to run.
            Assert.True(exit.Status!.IsSuccess, $"{exit.Status}\n{output}");
            Assert.Equal(test, await File.ReadAllTextAsync(report, Cancelled));
        }
        finally
        {
            File.Delete(report);
        }
    }
}
