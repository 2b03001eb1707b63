using Osl.Executors.Windows;
using Osl.Operations;
using Osl.Operations.Processes;
using Xunit;

namespace Osl.Tests.Integration.Windows;

/// <summary>Which program is found, and that it is the one that runs.</summary>
public sealed class ProgramTests : WindowsExecutorTest
{
    private readonly string _directory = Directory.CreateTempSubdirectory("osl-programs-").FullName;

    /// <summary>BatBadBut (CVE-2024-24576) and its relatives: what cmd.exe would take for a command, a variable or the end of an argument.</summary>
    public static TheoryData<string> Dangerous =>
        [
            "\"&calc.exe",
            "\" & calc",
            "&calc",
            "a|b",
            "%CMDCMDLINE:~-1%&calc.exe",
            "%PATH%",
            "!PATH!",
            "^",
            "a^&b",
            "<in",
            ">out",
            "(x)",
            "a b",
            "a\tb",
            "\"",
            "a\"b",
            "",
            "/?",
            "a=b",
            "a,b",
            "a;b",
            "*",
            "?",
            "~",
            "`",
            "'",
            "\n",
            "\r",
            "a\ncalc",
            "é",
            "\u00A0",
            "\uFF02",
            "\\\"&calc",
            "%1",
            "%~dp0",
            "#",
            "$x",
            "[a]",
            "{a}",
        ];

    public static TheoryData<string> Ambiguous =>
        [
            @"\\?\C:\windows\system32\cmd.exe",
            @"\\.\C:\windows\system32\cmd.exe",
            @"\??\C:\windows\system32\cmd.exe",
            @"\\server\share\tool.exe",
            "//server/share/tool.exe",
            @"C:cmd.exe",
            @"\windows\system32\cmd.exe",
            "cmd.exe:stream",
            @"C:\windows\system32\cmd.exe:stream",
            "cmd.exe.",
            "cmd.exe ",
            " cmd.exe",
            @"C:\windows \system32\cmd.exe",
            @"C:\windows.\system32\cmd.exe",
            "NUL",
            "con",
            "CON.exe",
            "nul.tar.exe",
            "COM1",
            "lpt9.exe",
            "COM\u00B9",
            "conin$",
            @"C:\windows\aux.exe",
            "cmd?.exe",
            "cmd*.exe",
            "a|b",
            "a<b",
            "a\"b",
            "a\tb",
            "AUX .exe",
        ];

    [Theory]
    [MemberData(nameof(Ambiguous))]
    public void What_means_more_than_one_thing_is_refused(string program)
    {
        var refused = Executor.OpenExecutable(program, Environment.SystemDirectory, SearchPath).AsT1;

        Assert.IsType<Unsupported>(refused);
        Assert.NotEmpty(refused.Remedy);
    }

    [Fact]
    public void A_bare_name_is_found_in_the_search_path_only()
    {
        File.Copy(TestChild, Path.Join(_directory, "git.exe"));
        var before = Environment.CurrentDirectory;
        try
        {
            Environment.CurrentDirectory = _directory;

            var missing = Executor.OpenExecutable("git", _directory, SearchPath).AsT1;
            var alsoMissing = Executor.OpenExecutable("git.exe", _directory, [".", "", "relative", @"\", "C:"]).AsT1;

            Assert.Equal(MissingThing.Program, Assert.IsType<NotFound>(missing).Thing);
            Assert.Equal(MissingThing.Program, Assert.IsType<NotFound>(alsoMissing).Thing);
            using var found = Executor.OpenExecutable("git", Environment.SystemDirectory, [_directory]).OrThrow();
            Assert.Equal(Path.Join(_directory, "git.exe"), found.Facts.Path, ignoreCase: true);
            Assert.True(found.Facts.Inode != 0);
        }
        finally
        {
            Environment.CurrentDirectory = before;
        }
    }

    [Fact]
    public void Nobody_is_found_at_a_space_within_a_path()
    {
        // CreateProcess would try C:\…\my.exe first.
        File.Copy(TestChild, Path.Join(_directory, "my.exe"));
        var inner = Directory.CreateDirectory(Path.Join(_directory, "my tools")).FullName;

        Assert.IsType<NotFound>(Executor.OpenExecutable(Path.Join(inner, "tool.exe"), _directory, []).AsT1);
    }

    [Fact]
    public void What_is_judged_can_not_be_changed_before_it_runs()
    {
        var program = Path.Join(_directory, "tool.exe");
        File.Copy(TestChild, program);
        using (Executor.OpenExecutable(program, _directory, []).OrThrow())
        {
            Assert.Throws<IOException>(() => File.WriteAllText(program, "else"));
            Assert.Throws<IOException>(() => File.Delete(program));
            Assert.Throws<IOException>(() => File.Move(program, program + ".old"));
        }

        File.Delete(program);
    }

    [Fact]
    public void Somebody_who_writes_it_is_told_of()
    {
        var program = Path.Join(_directory, "tool.exe");
        File.Copy(TestChild, program);
        using var writer = new FileStream(program, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);

        var refused = Assert.IsType<SpawnFailed>(Executor.OpenExecutable(program, _directory, []).AsT1);

        Assert.Equal("ERROR_SHARING_VIOLATION", refused.ErrorName);
        Assert.True(refused.Transient);
    }

    [Fact]
    public void A_file_that_is_no_program_is_named_as_such()
    {
        var text = Path.Join(_directory, "text.exe");
        File.WriteAllText(text, "This is no program.");
        File.WriteAllText(Path.Join(_directory, "notes.txt"), "Nor this.");

        Assert.IsType<SpawnFailed>(Executor.OpenExecutable(@".\notes.txt", _directory, []).AsT1);
        Assert.IsType<SpawnFailed>(Executor.OpenExecutable(_directory, _directory, []).AsT1);
        var failed = Assert.IsType<SpawnFailed>(TryLaunch(text, workingDirectory: _directory).AsT1);
        Assert.Equal("ERROR_BAD_EXE_FORMAT", failed.ErrorName);
        Assert.Equal(0, Registry.Open);
    }

    [Fact]
    public void The_working_directory_has_to_be_one()
    {
        var file = Path.Join(_directory, "file");
        File.WriteAllText(file, "");

        Assert.Equal(MissingThing.Path, Assert.IsType<NotFound>(Executor.OpenExecutable("cmd", file + "x", SearchPath).AsT1).Thing);
        Assert.Equal("ERROR_DIRECTORY", Assert.IsType<SpawnFailed>(Executor.OpenExecutable("cmd", file, SearchPath).AsT1).ErrorName);
        Assert.IsType<Unsupported>(Executor.OpenExecutable("cmd", "relative", SearchPath).AsT1);
    }

    [Theory]
    [InlineData("tool.bat")]
    [InlineData("tool.CMD")]
    public void A_batch_file_gets_no_argument_that_cmd_could_read_as_a_command(string name)
    {
        var batch = Batch(name);
        foreach (var argument in Dangerous)
        {
            var refused = TryLaunch(batch, ["plain", argument.Data], workingDirectory: _directory).AsT1;

            Assert.IsType<Unsupported>(refused);
            Assert.Contains("number 2", refused.Message, StringComparison.Ordinal);
        }

        Assert.False(File.Exists(Path.Join(_directory, "ran")));
        Assert.Equal(0, Registry.Reserved);
    }

    [Fact]
    public async Task A_batch_file_gets_plain_arguments_from_the_systems_own_interpreter()
    {
        var batch = Batch("my tool.bat");
        var launched = TryLaunch(
                batch,
                ["one", "--two", @"C:\x\y.txt", "a+b@c"],
                output: StandardOutputConfig.Capture(),
                workingDirectory: _directory,
                environment: [$"SystemRoot={Environment.GetEnvironmentVariable("SystemRoot")}", @"COMSPEC=C:\nowhere\cmd.exe", "PATHEXT=.x"]
            )
            .OrThrow();

        var exit = await launched.Exited;

        Assert.Equal(0, exit.Status!.ExitCode);
        Assert.Equal(
            ["one", "--two", @"C:\x\y.txt", "a+b@c"],
            (await launched.OutputEnded).Output.Text.Split("\r\n", StringSplitOptions.RemoveEmptyEntries).Select(line => line.Trim()),
            StringComparer.Ordinal
        );
        using var lease = Executor.OpenExecutable(batch, _directory, []).OrThrow();
        Assert.Equal(Path.Join(Environment.SystemDirectory, "cmd.exe"), lease.Facts.Interpreter);
    }

    [Fact]
    public void A_batch_file_whose_path_cmd_would_change_is_refused()
    {
        var batch = Batch("a%PATH%b.bat");

        Assert.IsType<Unsupported>(TryLaunch(batch, workingDirectory: _directory).AsT1);
    }

    [Fact]
    public void A_name_of_its_own_can_hold_no_quote() => Assert.False(CommandLine.CanBeName("a\"b"));

    private string Batch(string name)
    {
        var path = Path.Join(_directory, name);
        File.WriteAllText(path, "@echo off\r\necho %1\r\necho %2\r\necho %3\r\necho %4\r\necho x> ran\r\n");
        return path;
    }
}
