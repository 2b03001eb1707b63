using System.Globalization;
using Osl.Operations;
using Osl.Operations.Processes;
using Xunit;

namespace Osl.Tests.Integration.Linux;

public class LaunchTests : LinuxExecutorTest
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(42)]
    [InlineData(255)]
    public async Task I_learn_the_exit_code(int code)
    {
        var exit = await Shell($"exit {code}").Exited;

        Assert.Equal(new ExitStatus(code), exit.Status);
        Assert.Equal(0, Registry.Open);
    }

    [Theory]
    [InlineData("KILL")]
    [InlineData("TERM")]
    [InlineData("USR1")]
    public async Task I_learn_the_signal_that_ended_it(string name)
    {
        Assert.True(Signal.TryParse(name, out var signal));

        var exit = await Shell($"kill -{name} $$").Exited;

        Assert.Equal(signal, exit.Status!.Signal);
        Assert.Null(exit.Status.ExitCode);
    }

    [Fact]
    public async Task I_learn_what_it_used()
    {
        // tail keeps in memory what it is to print: more than this host has, whose own memory is counted too, and so the unit is right.
        const long Taken = 1L << 30;
        var exit = await Shell($"i=0; while [ $i -lt 50000 ]; do i=$((i+1)); done; head -c {Taken} /dev/zero | tail -c {Taken}").Exited;

        Assert.True(exit.UserTime > TimeSpan.Zero);
        Assert.InRange(exit.PeakMemory, Taken, 3 * Taken);
    }

    [Fact]
    public async Task A_new_group_is_led_by_the_process()
    {
        var launched = Shell("ps -o pgid=,sid= -p $$ || cat /proc/$$/stat; read line", StandardInputKind.Pipe, StandardOutputConfig.Pipe);
        await ReadLine(launched.StandardOutput!);

        var state = Executor.Read(launched.Process)!;

        Assert.Equal(launched.Process.Pid, state.Pgid);
        Assert.Equal(launched.Process.Pid, launched.Pgid);
        Assert.NotEqual(launched.Process.Pid, state.Session);
        Assert.Equal(new GroupRef(launched.Pgid, launched.Process, launched.Group!.Operation), launched.Group);
        await launched.StandardInput!.DisposeAsync();
        await launched.Exited;
    }

    [Fact]
    public async Task A_new_session_is_led_by_the_process()
    {
        var launched = Launch("cat", input: StandardInputKind.Pipe, newSession: true);

        var state = Executor.Read(launched.Process)!;

        Assert.Equal((launched.Process.Pid, launched.Process.Pid), (state.Pgid, state.Session));
        await launched.StandardInput!.DisposeAsync();
        await launched.Exited;
    }

    [Fact]
    public async Task What_is_detached_gets_a_session_of_its_own()
    {
        var launched = Launch(
            "cat",
            input: StandardInputKind.Pipe,
            placement: ProcessGroupPlacement.Inherit,
            lifetime: ProcessLifetime.Detached
        );

        Assert.Equal(launched.Process.Pid, Executor.Read(launched.Process)!.Session);
        Assert.NotNull(launched.Group);
        await launched.StandardInput!.DisposeAsync();
        Assert.True((await launched.Exited).Status!.IsSuccess);
    }

    [Fact]
    public async Task Without_a_group_it_shares_the_hosts()
    {
        var launched = Launch("cat", input: StandardInputKind.Pipe, placement: ProcessGroupPlacement.Inherit);
        var own = Interop.Linux.Libc.GetPgrp();

        Assert.Equal(own, Executor.Read(launched.Process)!.Pgid);
        Assert.Equal(own, launched.Pgid);
        Assert.Null(launched.Group);
        await launched.StandardInput!.DisposeAsync();
        await launched.Exited;
        Assert.Equal(0, Registry.Open);
    }

    [Fact]
    public async Task A_process_can_join_a_group()
    {
        var first = Launch("cat", input: StandardInputKind.Pipe);
        using var group = HoldGroup(first);

        var second = Launch("cat", input: StandardInputKind.Pipe, placement: ProcessGroupPlacement.JoinGroup, join: group);

        Assert.Equal(first.Pgid, second.Pgid);
        Assert.Equal(first.Group, second.Group);
        Assert.Equal(first.Pgid, Executor.Read(second.Process)!.Pgid);
        Assert.Equal(2, group.Members().Count);
        await second.StandardInput!.DisposeAsync();
        await second.Exited;
        await first.StandardInput!.DisposeAsync();
        await first.Exited;
    }

    [Fact]
    public void A_group_of_another_session_can_not_be_joined_and_nothing_is_left()
    {
        var first = Launch("cat", input: StandardInputKind.Pipe, newSession: true);
        using var group = HoldGroup(first);

        var error = TryLaunch("cat", placement: ProcessGroupPlacement.JoinGroup, join: group).AsT1;

        Assert.IsType<PermissionRefused>(error);
        Assert.Equal(OperationEffect.None, error.Effect);
        Assert.Equal(1, Registry.Open);
    }

    [Fact]
    public async Task Standard_input_is_the_null_device_by_default()
    {
        Assert.Equal("/dev/null\n", await OutputOf("readlink /proc/self/fd/0"));
    }

    [Fact]
    public async Task The_child_begins_with_clean_signals()
    {
        // .NET itself ignores SIGPIPE: a plain exec would hand that down.
        var status = await OutputOf("grep -E '^Sig(Blk|Ign|Cgt)' /proc/self/status");

        Assert.Contains("SigBlk:\t0000000000000000", status, StringComparison.Ordinal);
        Assert.Contains("SigIgn:\t0000000000000000", status, StringComparison.Ordinal);
    }

    [Fact]
    public async Task No_descriptor_of_the_host_reaches_the_child()
    {
        // As a careless native library would: without O_CLOEXEC.
        var leaked = Interop.Linux.Libc.Open("/dev/null", Interop.Linux.Libc.O_RDONLY, 0);
        try
        {
            // The listing itself holds one descriptor open: 3.
            var listed = await OutputOf("exec ls /proc/self/fd");

            Assert.Equal("0\n1\n2\n3\n", listed);
        }
        finally
        {
            _ = Interop.Linux.Libc.Close(leaked);
        }
    }

    [Fact]
    public async Task Arguments_arrive_as_they_are()
    {
        string[] arguments = ["", " ", "a b", "'\"$(x)`", "*", "-n", "ümläut", "日本", "line\nbreak", "\\"];

        var launched = Launch("/usr/bin/printf", [.. new[] { "%s\\0" }.Concat(arguments)], output: StandardOutputConfig.Capture());

        Assert.Equal(string.Concat(arguments.Select(argument => argument + "\0")), (await launched.OutputEnded).Output.Text);
    }

    [Fact]
    public async Task The_environment_is_exactly_the_one_given()
    {
        var launched = Launch("/usr/bin/env", ["-0"], output: StandardOutputConfig.Capture(), environment: ["A=1", "EMPTY=", "X=a=b"]);

        var lines = (await launched.OutputEnded).Output.Text.Split('\0', StringSplitOptions.RemoveEmptyEntries);

        Assert.Equal(["A=1", "EMPTY=", "X=a=b", $"{OperationId.MarkerVariable}={launched.Group!.Operation}"], lines);
    }

    [Fact]
    public async Task It_runs_in_the_working_directory()
    {
        var launched = Launch("pwd", ["-P"], output: StandardOutputConfig.Capture(), workingDirectory: "/usr/lib");

        Assert.Equal("/usr/lib\n", (await launched.OutputEnded).Output.Text);
    }

    [Fact]
    public async Task The_process_is_known_by_its_start_time()
    {
        var launched = Shell("cat /proc/$$/stat", output: StandardOutputConfig.Capture());

        var fields = (await launched.OutputEnded).Output.Text.Split(' ');

        Assert.Equal(launched.Process.Pid.ToString(CultureInfo.InvariantCulture), fields[0]);
        Assert.Equal(launched.Process.StartTime.ToString(CultureInfo.InvariantCulture), fields[21]);
        Assert.Equal(36, launched.Process.BootId.Length);
        Assert.NotEqual(0, launched.Process.PidNamespace);
    }

    [Fact]
    public void What_the_registry_refuses_is_not_started()
    {
        var refusal = Registry.Refusal = new Unsupported("a registry", "Nothing.");

        Assert.Same(refusal, TryLaunch("true").AsT1);
    }

    [Fact]
    public async Task A_disposed_executor_starts_nothing()
    {
        var executor = NewExecutor();
        await executor.DisposeAsync();

        Assert.Throws<ObjectDisposedException>(() => TryLaunch("true", executor: executor));
    }
}
