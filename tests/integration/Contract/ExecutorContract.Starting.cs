using Osl.Operations;
using Osl.Operations.Processes;

namespace Osl.Tests.Integration.Contract;

public abstract partial class ExecutorContract
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(42)]
    [InlineData(255)]
    public async Task An_exit_code_is_a_result(int code)
    {
        var run = await RunAsync(A.Exit(code));

        Assert.Equal(new ExitStatus(code), run.ExitStatus);
        Assert.Equal(code == 0, run.ExitStatus.IsSuccess);
    }

    [Theory]
    [InlineData("KILL", 9)]
    [InlineData("TERM", 15)]
    [InlineData("SEGV", 11)]
    public async Task An_end_by_signal_is_a_result(string name, int number)
    {
        Needs(Feature.EndBySignal);
        var run = await RunAsync(A.EndBySignal(name));

        Assert.Null(run.ExitStatus.ExitCode);
        Assert.Equal(number, run.ExitStatus.Signal!.Value.Number);
        Assert.Equal(128 + number, run.ExitStatus.ShellCode);
    }

    [Fact]
    public async Task Arguments_arrive_as_they_are()
    {
        string[] arguments = ["", " ", "a b", "'\"$(id)`", "*", "-n", "naïve €", "line\nbreak"];
        var child = A.PrintArguments(arguments.Select(a => (Argument)a));

        var run = await Osl.RunAsync(child.Program, child.Arguments, Test).OrThrow();

        Assert.Equal(string.Concat(arguments.Select(a => a + "|")), run.StandardOutput.Text);
    }

    [Fact]
    public async Task Output_and_errors_are_kept_apart()
    {
        var run = await RunAsync(A.Say("out", "err"));

        Assert.Equal("out\n", run.StandardOutput.Text);
        Assert.Equal("err\n", run.StandardError.Text);
        Assert.True(run.StandardOutput.IsComplete);
    }

    [Fact]
    public async Task Errors_can_go_where_the_output_goes()
    {
        var run = await RunAsync(A.Say("out", "err"), spawn => spawn.WithStandardError(StandardOutputConfig.SameAsOutput));

        Assert.Equal("out\nerr\n", run.StandardOutput.Text);
    }

    [Fact]
    public async Task What_is_beyond_the_bound_is_counted_and_cut_off()
    {
        var run = await RunAsync(A.Print(100_000), spawn => spawn.WithCapturedOutput(limit: 1000));

        Assert.Equal(1000, run.StandardOutput.Bytes.Length);
        Assert.Equal(100_000, run.StandardOutput.TotalBytes);
        Assert.Equal(99_000, run.StandardOutput.BytesCutOff);
    }

    [Fact]
    public async Task Input_is_the_null_device_by_default()
    {
        var run = await RunAsync(A.Copy("end"));

        Assert.Equal("end\n", run.StandardOutput.Text);
    }

    [Fact]
    public async Task Input_and_output_can_be_pipes()
    {
        var cat = await Osl.ExecuteAsync(
                A.Copy()
                    .Spawn()
                    .WithNewProcessGroup()
                    .WithStandardInput(StandardInputKind.Pipe)
                    .WithStandardOutput(StandardOutputConfig.Pipe),
                Me,
                Test
            )
            .OrThrow();
        var sent = new byte[300_000];
        new Random(1).NextBytes(sent);

        var writing = Task.Run(
            async () =>
            {
                await cat.Live.StandardInput!.WriteAsync(sent, Test);
                await cat.Live.StandardInput.DisposeAsync();
            },
            Test
        );
        using var received = new MemoryStream();
        await cat.Live.StandardOutput!.CopyToAsync(received, Test);
        await writing;

        Assert.Equal(sent, received.ToArray());
        Assert.True((await cat.Live.Exited).Status!.IsSuccess);
    }

    [Fact]
    public async Task The_environment_is_inherited_with_changes()
    {
        var run = await RunAsync(
            A.PrintVariables("FOO", "PATH", A.Home),
            spawn => spawn.WithEnvironmentVariable("FOO", "a=b c").WithoutEnvironmentVariable(A.Home)
        );

        Assert.Equal($"a=b c\n{Environment.GetEnvironmentVariable("PATH")}\nnone\n", run.StandardOutput.Text);
    }

    [Fact]
    public async Task A_clean_environment_holds_what_is_set_and_the_marker()
    {
        var run = await Osl.ExecuteAsync(
                new RunProcessOperation(
                    A.PrintEnvironment().Spawn().WithCleanEnvironment().WithEnvironmentVariable("A", "1").WithCapturedOutput()
                ),
                Me,
                Test
            )
            .OrThrow();

        Assert.EndsWith("\n", run.StandardOutput.Text, StringComparison.Ordinal);
        Assert.Equal(
            ["A=1", $"OSL_OPERATION={run.OperationId}"],
            A.WithoutTheSystems(run.StandardOutput.Text[..^1].Split('\n')),
            StringComparer.Ordinal
        );
    }

    [Fact]
    public async Task The_working_directory_is_the_one_named()
    {
        var run = await RunAsync(A.PrintDirectory(), spawn => spawn.WithWorkingDirectory(A.Elsewhere));

        Assert.Equal($"{A.Elsewhere}\n", run.StandardOutput.Text);
    }

    [Fact]
    public async Task A_new_group_has_the_program_as_its_leader()
    {
        var started = await StartAsync(A.Wait());
        var state = Osl.Processes.Read(started.Process)!;

        Assert.Equal(started.Pid, started.Pgid);
        Assert.True(started.IsGroupLeader);
        Assert.Equal(started.Pid, state.Pgid);
        Assert.Equal(started.Pid.ToString(System.Globalization.CultureInfo.InvariantCulture), started.Metadata["pid"]);
        Assert.Equal(started.Metadata["pid"], started.Metadata["pgid"]);
        Assert.Equal("true", started.Metadata["is_group_leader"]);
    }

    [Fact]
    public async Task Without_being_told_a_spawn_stays_in_the_group_of_its_host()
    {
        var started = await StartAsync(A.Wait(), spawn => spawn with { ProcessGroup = ProcessGroupConfig.Inherit });

        Assert.False(started.IsGroupLeader);
        Assert.Null(started.Group);
        await started.Live.StopAsync(StopSequence.Immediate, Test).OrThrow();
        A.AssertEndedBy(Signal.Kill, (await started.Live.Exited).Status);
    }

    [Fact]
    public async Task A_group_can_be_joined()
    {
        var leader = await StartAsync(A.Wait());
        var member = await StartAsync(A.Wait(), spawn => spawn.WithProcessGroup(leader.Group!));

        Assert.Equal(leader.Pgid, member.Pgid);
        Assert.False(member.IsGroupLeader);
        var group = await Osl.ExecuteAsync(new QueryProcessGroupOperation(leader.Group!), Me, Test).OrThrow();
        Assert.Equal(2, group.Members.Count);
        Assert.Contains(group.Members, state => state.Process == leader.Process);
        Assert.Contains(group.Members, state => state.Process == member.Process);
    }

    [Fact]
    public async Task Detached_from_the_terminal_it_leads_a_group()
    {
        var started = await StartAsync(A.Wait(), spawn => spawn.WithDetachFromTerminal());

        Assert.True(started.IsGroupLeader);
        Assert.Equal(started.Pid, started.Pgid);
    }

    [Fact]
    public async Task Detached_from_the_terminal_it_leads_a_session()
    {
        Needs(Feature.Sessions);
        var started = await StartAsync(A.Wait(), spawn => spawn.WithDetachFromTerminal());

        Assert.Equal(started.Pid, Osl.Processes.Read(started.Process)!.Session);
        Assert.True(started.IsGroupLeader);
    }

    [Fact]
    public async Task The_operation_is_named_in_the_environment_of_what_it_started()
    {
        var run = await RunAsync(A.PrintVariableTwice("OSL_OPERATION"));

        Assert.Equal($"{run.OperationId}\n{run.OperationId}\n", run.StandardOutput.Text);
    }

    [Fact]
    public async Task Times_are_those_of_the_call()
    {
        var run = await RunAsync(A.Nothing);

        Assert.True(run.StartedAt <= run.CompletedAt);
        Assert.Equal(TimeSpan.Zero, run.StartedAt.Offset);
        Assert.True(run.Duration > TimeSpan.Zero);
    }

    [Fact]
    [Trait("Needs", "real Windows")]
    public async Task An_exit_says_how_much_memory_was_used()
    {
        Needs(Feature.Accounting);
        var run = await RunAsync(A.Nothing);

        Assert.True(run.Exit.PeakMemory > 0);
    }

    [Fact]
    public async Task At_its_time_limit_a_run_is_ended_and_what_it_wrote_is_kept()
    {
        var error = await FailAsync(
            new RunProcessOperation(A.Stubborn("begun").Run().Spawn.WithTimeLimit(A.Moment).WithGracePeriod(TimeSpan.FromMilliseconds(100)))
        );

        var partial = Assert.IsType<RunProcessResult>(Assert.IsType<TimedOut>(error).Partial);
        Assert.Equal("begun\n", partial.StandardOutput.Text);
        Assert.Equal(OperationEffect.Happened, error.Effect);
        Assert.Equal(error.OperationId, partial.OperationId);
        Assert.False(IsAlive(partial.Process));
    }

    [Fact]
    public async Task A_cancelled_run_is_ended_before_the_caller_learns_of_it()
    {
        using var cancel = new CancellationTokenSource();
        var marker = Path.Combine(Scratch, "pid");
        using var bell = A.Bell();
        var run = Osl.ExecuteAsync(A.Ring(bell, marker).Run(), Me, cancel.Token).AsTask();
        Assert.Equal("ready", await bell.ReadLineAsync(Test));

        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => run);
        foreach (var pid in (await File.ReadAllTextAsync(marker, Test)).Split((char[])[' ', '\n'], StringSplitOptions.RemoveEmptyEntries))
        {
            Assert.False(A.IsAlive(Number(pid)), $"{pid} is still there");
        }
    }

    [Fact]
    public async Task What_a_run_leaves_behind_in_its_group_is_ended()
    {
        var run = await RunAsync(A.LeaveBehind());

        Assert.Equal(1, run.LeftBehind);
        Assert.True(run.StandardOutput.IsComplete);
        Assert.False(A.IsAlive(Number(run.StandardOutput.Text)));
    }

    [Fact]
    public async Task Who_left_the_group_is_named_by_the_run()
    {
        Needs(Feature.LeavingTheGroup);
        var run = await RunAsync(A.Escape());

        var escaped = Assert.Single(run.Escaped);
        Assert.True(IsAlive(escaped));
        // A group's containment does not reach it, so the test ends it.
        using var left = System.Diagnostics.Process.GetProcessById(escaped.Pid);
        left.Kill();
    }

    private static int Number(string text) => int.Parse(text.Trim(), System.Globalization.CultureInfo.InvariantCulture);
}
