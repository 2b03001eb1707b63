using System.Runtime.Versioning;
using System.Text;
using Osl.Executors;
using Osl.Interop.Linux;
using Osl.Operations;
using Osl.Operations.Processes;
using Xunit;

namespace Osl.Tests.Integration.Linux;

/// <summary>What is found, and every way in which it can't be run. Nothing may be left behind by any of them.</summary>
[SupportedOSPlatform("linux")]
public sealed class ExecutableTests : LinuxExecutorTest
{
    private readonly string _directory = Directory.CreateTempSubdirectory("osl-test-").FullName;

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }

    [Fact]
    public void A_bare_name_is_searched_in_the_search_path_only()
    {
        Script("tool", "#!/bin/sh\n");

        Assert.Equal(MissingThing.Program, Assert.IsType<NotFound>(Open("tool")).Thing);
        using var found = Executor.OpenExecutable("tool", "/", ["relative", "/nowhere", _directory]).OrThrow();
        Assert.Equal(Path.Join(_directory, "tool"), found.Facts.Path);
        Assert.Equal("tool", found.Facts.Requested);
    }

    [Fact]
    public void A_relative_path_is_taken_from_the_working_directory()
    {
        Script("tool", "#!/bin/sh\n");

        using var found = Executor.OpenExecutable("./tool", _directory, []).OrThrow();

        Assert.Equal(Path.Join(_directory, "tool"), found.Facts.Path);
    }

    [Fact]
    public void The_open_file_is_described()
    {
        var path = Script("tool", "#! /bin/sh -e\n");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserExecute | UnixFileMode.SetUser);
        var link = Path.Join(_directory, "link");
        File.CreateSymbolicLink(link, path);

        using var found = Executor.OpenExecutable(link, "/", []).OrThrow();

        Assert.Equal(link, found.Facts.Path);
        Assert.Equal(path, found.Facts.CanonicalPath);
        Assert.Equal("/bin/sh", found.Facts.Interpreter);
        Assert.Equal(Convert.ToInt32("4500", 8), found.Facts.Mode);
        Assert.Equal(Libc.GetUid(), found.Facts.OwnerUid);
        Assert.NotEqual(0, found.Facts.Inode);
        Assert.NotEqual(0, found.Facts.Device);
    }

    [Fact]
    public void A_binary_has_no_interpreter()
    {
        using var found = Executor.OpenExecutable("cat", "/", SearchPath).OrThrow();

        Assert.Null(found.Facts.Interpreter);
    }

    [Theory]
    [InlineData("/nowhere/tool")]
    [InlineData("./tool")]
    [InlineData("tool")]
    [InlineData("/etc/passwd/tool")]
    public void A_missing_program_is_not_found(string program)
    {
        Assert.Equal(MissingThing.Program, Assert.IsType<NotFound>(Open(program)).Thing);
    }

    [Fact]
    public void A_link_that_leads_nowhere_is_not_found()
    {
        var link = Path.Join(_directory, "link");
        File.CreateSymbolicLink(link, "/nowhere/at/all");

        Assert.Equal(MissingThing.Program, Assert.IsType<NotFound>(Open(link)).Thing);
    }

    [Fact]
    public void A_directory_is_no_program() => AssertFailed(Open("/usr"), nameof(Errno.EISDIR), "directory");

    [Fact]
    public void A_device_is_no_program() => AssertFailed(Open("/dev/null"), nameof(Errno.EACCES), "regular");

    [Fact]
    public void Without_execute_permission_it_does_not_run()
    {
        var path = Script("tool", "#!/bin/sh\n");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);

        AssertFailed(Open(path), nameof(Errno.EACCES), "permission");
        AssertFailed(Executor.OpenExecutable("tool", "/", [_directory]).AsT1, nameof(Errno.EACCES), "permission");
    }

    [Fact]
    public void A_later_directory_is_searched_when_what_the_first_has_can_not_be_run()
    {
        File.WriteAllText(Path.Join(_directory, "cat"), "");

        using var found = Executor.OpenExecutable("cat", "/", [_directory, .. SearchPath]).OrThrow();

        Assert.Equal("/usr/bin/cat", found.Facts.Path);
    }

    [Fact]
    public void A_missing_interpreter_is_named()
    {
        AssertFailed(Open(Script("tool", "#!/nowhere/python\n")), nameof(Errno.ENOENT), "/nowhere/python");
        AssertFailed(Open(Script("dos", "#!/bin/sh\r\n")), nameof(Errno.ENOENT), "carriage return");
    }

    [Fact]
    public void A_missing_working_directory_is_not_found()
    {
        var error = Executor.OpenExecutable("cat", "/nowhere", SearchPath).AsT1;

        Assert.Equal(MissingThing.Path, Assert.IsType<NotFound>(error).Thing);
    }

    [Fact]
    public void A_working_directory_must_be_a_directory()
    {
        AssertFailed(Executor.OpenExecutable("cat", "/etc/passwd", SearchPath).AsT1, nameof(Errno.ENOTDIR), "no directory");
        AssertFailed(Executor.OpenExecutable("cat", "/etc/passwd/x", SearchPath).AsT1, nameof(Errno.ENOTDIR), "no directory");
    }

    [Theory]
    [InlineData("")]
    [InlineData("a\0b")]
    public void What_is_no_name_is_invalid(string program) => Assert.IsType<ValidationFailed>(Open(program));

    [Fact]
    public void A_file_of_no_known_format_does_not_run() =>
        AssertFailed(FailedLaunch(Script("tool", "neither script nor program")), nameof(Errno.ENOEXEC), "neither");

    [Fact]
    public void Arguments_that_are_too_long_are_refused() =>
        AssertFailed(FailedLaunch("/bin/true", [new string('x', 200_000)]), nameof(Errno.E2BIG), "too long");

    [Fact]
    public void A_program_that_is_being_written_is_a_transient_failure()
    {
        var path = Path.Join(_directory, "tool");
        File.Copy("/bin/true", path);
        using var writer = File.OpenWrite(path);

        var error = FailedLaunch(path);

        AssertFailed(error, nameof(Errno.ETXTBSY), "writing");
        Assert.True(error.Transient);
    }

    [Fact]
    public void A_program_whose_loader_is_missing_is_told_from_one_that_is_missing()
    {
        var path = Path.Join(_directory, "tool");
        var bytes = File.ReadAllBytes("/bin/true");
        var loader = bytes.AsSpan().IndexOf("/lib64/ld-linux-x86-64.so.2"u8);
        Assert.SkipWhen(loader < 0, "Not the loader of x86-64.");
        "/nowhere"u8.CopyTo(bytes.AsSpan(loader));
        File.WriteAllBytes(path, bytes);
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserExecute);

        AssertFailed(FailedLaunch(path), nameof(Errno.ENOENT), "loader");
    }

    [Fact]
    public void What_has_gone_since_it_was_opened_is_not_found()
    {
        var path = Script("tool", "#!/bin/sh\n");
        using var program = Executor.OpenExecutable(path, "/", []).OrThrow();
        File.Delete(path);

        Assert.Equal(MissingThing.Program, Assert.IsType<NotFound>(Launch(program, "/")).Thing);
    }

    [Fact]
    public void A_working_directory_that_has_gone_is_told_from_a_program_that_has()
    {
        var directory = Directory.CreateDirectory(Path.Join(_directory, "work")).FullName;
        using var program = Executor.OpenExecutable("/bin/true", directory, []).OrThrow();
        Directory.Delete(directory);

        Assert.Equal(MissingThing.Path, Assert.IsType<NotFound>(Launch(program, directory)).Thing);
    }

    [Fact]
    public void A_file_that_nobody_has_looked_at_and_a_terminal_for_errors_are_refused()
    {
        var file = StandardOutputConfig.ToFile(Path.Join(_directory, "log"));
        Assert.IsType<ValidationFailed>(TryLaunch("true", output: file).AsT1);
        Assert.IsType<ValidationFailed>(TryLaunch("true", error: file with { RotateSize = 4096 }).AsT1);
        Assert.IsType<ValidationFailed>(TryLaunch("true", error: StandardOutputConfig.Terminal()).AsT1);
    }

    [Fact]
    public void Nothing_is_cut_off_at_a_nul()
    {
        Assert.IsType<ValidationFailed>(FailedLaunch("/bin/true", ["a\0b"]));
        Assert.IsType<ValidationFailed>(TryLaunch("true", environment: ["A=a\0b"]).AsT1);
    }

    private OperationError Open(string program) => Executor.OpenExecutable(program, _directory, SearchPath).AsT1;

    /// <summary>With all three streams, so that a failure has much to clean up. Descriptors are counted in InsideHostTests, where nothing else runs.</summary>
    private OperationError FailedLaunch(string program, string[]? arguments = null)
    {
        var error = TryLaunch(program, arguments, StandardInputKind.Pipe, StandardOutputConfig.Pipe, StandardOutputConfig.Capture()).AsT1;

        Assert.Equal(OperationEffect.None, error.Effect);
        Assert.Equal(0, Registry.Open);
        return error;
    }

    private OperationError Launch(ExecutableLease program, string directory) =>
        Executor
            .Launch(
                new LaunchPlan
                {
                    Operation = OperationId.New(TimeProvider.System.GetUtcNow()),
                    Context = OperationContext.Current,
                    Executable = program,
                    Arguments = ["tool"],
                    Environment = [],
                    WorkingDirectory = directory,
                    Placement = ProcessGroupPlacement.NewGroup,
                    StandardOutput = StandardOutputConfig.Null,
                    StandardError = StandardOutputConfig.Null,
                }
            )
            .AsT1;

    private string Script(string name, string text)
    {
        var path = Path.Join(_directory, name);
        File.WriteAllText(path, text, new UTF8Encoding(false));
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return path;
    }

    private static void AssertFailed(OperationError error, string name, string says)
    {
        var failed = Assert.IsType<SpawnFailed>(error);
        Assert.Equal(name, failed.ErrorName);
        Assert.Contains(says, failed.Message, StringComparison.Ordinal);
        Assert.NotEmpty(failed.Remedy);
    }
}
