using System.Runtime.Versioning;

namespace Osl.Tests.Integration.Cli;

/// <summary>osl under a real pseudo-terminal, that of script(1).</summary>
[UnsupportedOSPlatform("windows")]
public sealed class TerminalTests : IDisposable
{
    private readonly OslCommandLine _osl = new();

    public void Dispose() => _osl.Dispose();

    [Fact]
    public async Task The_program_gets_the_terminal_and_reads_from_it_and_control_C_ends_it_with_130()
    {
        using var session = Script(
            "$OSL run -- sh -c 'ps -o pgid=,tpgid= -p $$; echo ready; read -r line; echo got $line; exec sleep 1000'"
        );
        var ids = (await session.ReadLineAsync())!.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(ids[0], ids[1]);
        await session.ReadUntilAsync("ready");
        await session.TypeAsync("hello\r");
        await session.ReadUntilAsync("got hello");
        await session.TypeAsync("\u0003");
        Assert.Equal(130, (await session.EndAsync()).ExitCode);
    }

    [Fact]
    public async Task The_terminal_is_given_back()
    {
        using var session = Script("$OSL run -- true; stty -g >before; ps -o pgid=,tpgid= -p $$; read -r line; echo got $line");
        var ids = (await session.ReadLineAsync())!.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(ids[0], ids[1]);
        await session.TypeAsync("again\r");
        await session.ReadUntilAsync("got again");
        Assert.Equal(0, (await session.EndAsync()).ExitCode);
    }

    [Fact]
    public async Task Osl_writes_nothing_of_its_own_to_the_terminal()
    {
        using var session = Script("$OSL run -- printf x");
        var outcome = await session.EndAsync();
        Assert.Equal((0, "x"), (outcome.ExitCode, outcome.Output));
    }

    [Fact]
    public async Task A_background_osl_leaves_the_terminal_alone()
    {
        // A shell with job control puts the background job into a group of its own.
        using var session = Script(
            "set -m; $OSL run -- sh -c 'ps -o pgid=,tpgid= -p $$' </dev/tty >out 2>&1 & wait $!; cat out; read -r line; echo got $line"
        );
        var ids = (await session.ReadLineAsync())!.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        Assert.NotEqual(ids[0], ids[1], StringComparer.Ordinal);
        await session.TypeAsync("again\r");
        await session.ReadUntilAsync("got again");
        Assert.Equal(0, (await session.EndAsync()).ExitCode);
    }

    [Fact]
    public async Task Where_nobody_could_continue_it_it_does_not_stop()
    {
        // No shell with job control is above: the group of osl is orphaned, and Control-Z has no effect there.
        using var session = Script("exec $OSL run -- sh -c 'echo ready; while read -r line; do echo got $line; done'");
        await session.ReadUntilAsync("ready");
        await session.TypeAsync("\u001a");
        await session.TypeAsync("hello\r");
        await session.ReadUntilAsync("got hello");
        await session.TypeAsync("\u0003");
        Assert.Equal(130, (await session.EndAsync()).ExitCode);
    }

    private OslSession Script(string command) => _osl.OpenOther("/usr/bin/script", "-qec", command, "/dev/null");
}
