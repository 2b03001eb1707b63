using Osl.Operations;
using Osl.Operations.Processes;

namespace Osl.Tests.Integration.Contract;

public abstract partial class ExecutorContract
{
    [Fact]
    public async Task A_missing_program_is_not_found()
    {
        var bare = Assert.IsType<NotFound>(await FailAsync(new RunProcessOperation("no-such-program-here")));
        var absolute = Assert.IsType<NotFound>(await FailAsync(new RunProcessOperation(A.MissingProgram)));

        Assert.Equal(MissingThing.Program, bare.Thing);
        Assert.Equal(MissingThing.Program, absolute.Thing);
    }

    [Fact]
    public async Task A_bare_name_is_never_found_in_the_current_directory()
    {
        var program = await A.WriteProgramAsync(Path.Combine(Scratch, "only-here"));

        var error = await FailAsync(new RunProcessOperation(new SpawnProcessOperation(program).WithWorkingDirectory(Scratch)));

        Assert.IsType<NotFound>(error);
        var relative = new SpawnProcessOperation($"./{program}").WithWorkingDirectory(Scratch);
        Assert.True((await Osl.ExecuteAsync(new RunProcessOperation(relative), Me, Test).OrThrow()).ExitStatus.IsSuccess);
    }

    [Fact]
    public async Task A_directory_can_not_be_run()
    {
        Assert.IsType<SpawnFailed>(await FailAsync(new RunProcessOperation(Scratch)));
    }

    [Fact]
    public async Task A_file_without_the_x_bit_can_not_be_run()
    {
        Needs(Feature.ModeBits);
        var program = Path.Combine(Scratch, "plain");
        await File.WriteAllTextAsync(program, "#!/bin/sh\n", Test);

        Assert.Equal("EACCES", Assert.IsType<SpawnFailed>(await FailAsync(new RunProcessOperation(program))).ErrorName);
    }

    [Theory]
    [InlineData("#!/no/such/interpreter\n", "ENOENT")]
    [InlineData("no shebang at all\n", "ENOEXEC")]
    public async Task A_script_that_the_kernel_refuses_is_told_apart(string content, string errno)
    {
        Needs(Feature.Scripts);
        var program = Path.Combine(Scratch, await A.WriteProgramAsync(Path.Combine(Scratch, "script")));
        await File.WriteAllTextAsync(program, content, Test);

        Assert.Equal(errno, Assert.IsType<SpawnFailed>(await FailAsync(new RunProcessOperation(program))).ErrorName);
    }

    [Fact]
    public async Task A_NUL_in_an_argument_is_refused_before_anything_starts()
    {
        Assert.IsType<ValidationFailed>(await FailAsync(new Child(A.Nothing.Program, ["a\0b"]).Run()));
    }

    [Fact]
    public async Task Three_megabytes_of_arguments_are_too_many()
    {
        var error = await FailAsync(
            new RunProcessOperation(A.Nothing.Spawn().WithArguments(Enumerable.Repeat(new string('x', 100_000), 30)))
        );

        Assert.Equal(A.TooManyArguments, Assert.IsType<SpawnFailed>(error).ErrorName);
    }

    [Fact]
    public async Task A_working_directory_that_is_gone_is_not_found()
    {
        var error = await FailAsync(new RunProcessOperation(A.Nothing.Spawn().WithWorkingDirectory(Path.Combine(Scratch, "gone"))));

        Assert.Equal(MissingThing.Path, Assert.IsType<NotFound>(error).Thing);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(-4711)]
    public async Task Ids_that_stand_for_many_are_invalid(int id)
    {
        Assert.IsType<ValidationFailed>(await FailAsync(new ProcessSignalOperation(id, Signal.Continue)));
        Assert.IsType<ValidationFailed>(await FailAsync(ProcessSignalOperation.ForGroup(id, Signal.Continue)));
        Assert.IsType<ValidationFailed>(await FailAsync(new KillProcessOperation(id)));
        Assert.IsType<ValidationFailed>(await FailAsync(new KillProcessGroupOperation(id)));
        Assert.IsType<ValidationFailed>(await FailAsync(A.Nothing.Spawn().WithProcessGroup(id)));
    }

    [Fact]
    public async Task Init_and_the_host_itself_are_never_a_target()
    {
        var self = Environment.ProcessId;
        Assert.IsType<Denied>(await FailAsync(new ProcessSignalOperation(A.SystemProcess, Signal.Continue)));
        Assert.IsType<Denied>(await FailAsync(new KillProcessGroupOperation(A.SystemProcess)));
        Assert.IsType<Denied>(await FailAsync(new ProcessSignalOperation(self, Signal.Continue)));
        Assert.IsType<Denied>(await FailAsync(new KillProcessOperation(self)));
        Assert.IsType<Denied>(await FailAsync(ProcessSignalOperation.ForGroup(A.OwnGroup, Signal.Continue)));
        Assert.IsType<Denied>(await FailAsync(new KillProcessGroupOperation(A.OwnGroup)));
        Assert.IsType<Denied>(await FailAsync(A.Nothing.Spawn().WithProcessGroup(A.OwnGroup)));
    }

    [Fact]
    public async Task What_never_existed_is_not_found()
    {
        Assert.Equal(MissingThing.Process, Assert.IsType<NotFound>(await FailAsync(new KillProcessOperation(A.Nobody))).Thing);
        Assert.Equal(MissingThing.Group, Assert.IsType<NotFound>(await FailAsync(new KillProcessGroupOperation(A.Nobody))).Thing);
        Assert.IsType<NotFound>(await FailAsync(new QueryProcessOperation(A.Nobody)));
    }

    [Fact]
    public async Task A_foreign_process_is_denied_and_told_what_could_allow_it()
    {
        using var foreign = A.StartForeign();
        try
        {
            var denied = Assert.IsType<Denied>(await FailAsync(new ProcessSignalOperation(foreign.Id, Signal.Continue)));

            Assert.Equal("builtin:foreign-target", denied.Rule);
            Assert.Contains("the system's policy file", denied.Remedy, StringComparison.Ordinal);
            Assert.False(foreign.HasExited);
        }
        finally
        {
            // On Windows it is one process, and looking for others is what fails under Wine (knowledge/wine.md).
            foreign.Kill(entireProcessTree: !OperatingSystem.IsWindows());
        }
    }

    [Fact]
    public async Task What_was_started_for_somebody_else_is_denied()
    {
        var started = await StartAsync(A.Wait(), context: SomebodyElse);

        var denied = Assert.IsType<Denied>(await FailAsync(new KillProcessGroupOperation(started.Group!)));
        Assert.IsType<Denied>(await FailAsync(new KillProcessGroupOperation(started.Pgid)));
        Assert.IsType<Denied>(await FailAsync(new ProcessSignalOperation(started.Process, Signal.Kill)));
        Assert.IsType<Denied>(await FailAsync(A.Nothing.Spawn().WithProcessGroup(started.Group!)));

        Assert.Equal("builtin:foreign-target", denied.Rule);
        Assert.True(IsAlive(started.Process));
    }

    [Fact]
    public async Task A_reused_number_is_stale_and_not_signalled()
    {
        var started = await StartAsync(A.Wait());
        var before = started.Process with { StartTime = started.Process.StartTime - 1 };

        Assert.IsType<StaleProcess>(await FailAsync(new KillProcessOperation(before)));
        Assert.IsType<StaleProcess>(await FailAsync(new ProcessSignalOperation(before, Signal.Kill)));
        Assert.IsType<StaleProcess>(await FailAsync(new KillProcessGroupOperation(new GroupRef(started.Pgid, before, default))));
        Assert.True(IsAlive(started.Process));
    }

    [Fact]
    public async Task What_this_version_can_not_do_is_refused_and_never_left_out()
    {
        foreach (var operation in A.NotYet())
        {
            Assert.IsType<Unsupported>(await FailAsync(operation));
        }
    }
}
