using System.Diagnostics;
using System.Runtime.Versioning;
using Osl.Executors;
using Osl.Executors.Linux;
using Osl.Operations;
using Osl.Operations.Processes;
using Xunit;

namespace Osl.Tests.Integration.Linux;

/// <summary>What the environment makes the loader do is done to the program, not to the shell that holds it.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class ShellGateLoaderTests : LinuxExecutorTest
{
    private const string Compiler = "/usr/bin/gcc";

    private const string Library = """
        #include <stdio.h>
        #include <sys/resource.h>
        __attribute__((constructor)) static void begun(void)
        {
            struct rlimit files;
            getrlimit(RLIMIT_NOFILE, &files);
            dprintf(1, "files %ld\n", (long)files.rlim_max);
        }
        """;

    private static readonly SpawnProcessOperation Limited = new("/bin/sh") { Limits = new ResourceLimits { OpenFiles = 77 } };

    [Fact]
    public async Task A_preloaded_library_sees_the_limits_in_force_and_the_program_the_variable()
    {
        Assert.SkipUnless(File.Exists(Compiler), $"{Compiler} is not here.");
        var directory = Directory.CreateTempSubdirectory("osl-gate-");
        try
        {
            var source = Path.Combine(directory.FullName, "begun.c");
            var library = Path.Combine(directory.FullName, "begun.so");
            await File.WriteAllTextAsync(source, Library, Cancelled);
            using (var compiling = Process.Start(Compiler, ["-shared", "-fPIC", "-o", library, source]))
            {
                await compiling.WaitForExitAsync(Cancelled);
                Assert.Equal(0, compiling.ExitCode);
            }

            Assert.Equal($"files 77\n{library}\n", await Output($"LD_PRELOAD={library}", "echo \"$LD_PRELOAD\""));
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    [Theory]
    [InlineData("LD_LIBRARY_PATH=/no where/$(else) 'x'")]
    [InlineData("LD_=1")]
    [InlineData("GLIBC_TUNABLES=glibc.malloc.check=0")]
    [InlineData("MALLOC_ARENA_MAX=1")]
    [InlineData("LOCPATH=/nowhere")]
    [InlineData("NAMES=LOCPATH")]
    public async Task The_program_gets_what_the_shell_does_not(string variable)
    {
        var name = variable.Split('=')[0];
        var expected = string.Concat(variable.AsSpan(name.Length + 1), "\n0\n");
        // Exported, and nothing of how it came.
        Assert.Equal(expected, await Output(variable, $"/usr/bin/printenv {name}; /usr/bin/env | /bin/grep -c OSL_GATE"));
    }

    [Fact]
    public async Task The_loader_of_the_shell_says_nothing_where_that_of_the_program_is_asked_to()
    {
        var said = await Output("LD_SHOW_AUXV=1", "exit 0");
        Assert.SkipUnless(said.Contains("AT_EXECFN", StringComparison.Ordinal), "This libc's loader does not know LD_SHOW_AUXV.");
        Assert.Single(said.Split('\n'), line => line.StartsWith("AT_EXECFN", StringComparison.Ordinal));
    }

    private async Task<string> Output(string variable, string script)
    {
        Assert.SkipUnless(ShellProbe.Shell is not null, "No shell of this machine is a gate.");
        await using var executor = new LinuxExecutor(new ExecutorOptions { Gate = GateKind.Shell }, Registry);
        var launched = TryLaunch(
                "/bin/sh",
                ["-c", script],
                output: StandardOutputConfig.Capture(),
                environment: [variable],
                executor: executor,
                context: Limited
            )
            .OrThrow();
        return (await launched.OutputEnded).Output.Text;
    }
}
