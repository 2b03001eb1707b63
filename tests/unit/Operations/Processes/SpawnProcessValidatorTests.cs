using Osl.Operations;
using Osl.Operations.Processes;
using Xunit;

namespace Osl.Tests.Unit.Operations.Processes;

public sealed class SpawnProcessValidatorTests
{
    private static readonly SpawnProcessOperation Sound = new("git", ["status"]);

    public static TheoryData<string, Func<SpawnProcessOperation, SpawnProcessOperation>> Flawed =>
        new()
        {
            { "Program is empty.", spawn => spawn with { Program = "" } },
            { "Program is empty.", spawn => spawn with { Program = null! } },
            { "Program holds a NUL character.", spawn => spawn with { Program = "a\0b" } },
            { "Program is not well-formed", spawn => spawn with { Program = "a\uDC00" } },
            { "Program is longer than 32767 characters.", spawn => spawn with { Program = new string('x', 32_768) } },
            { "Arguments[1] holds a NUL character.", spawn => spawn.WithArgument("a\0") },
            { "Arguments[1] is not well-formed", spawn => spawn.WithArgument("\uD800x") },
            { "Arguments[1] is not well-formed", spawn => spawn.WithArgument(Argument.Secret("\uD83D")) },
            { "WorkingDirectory is empty.", spawn => spawn.WithWorkingDirectory("") },
            { "WorkingDirectory holds a NUL", spawn => spawn.WithWorkingDirectory("/a\0") },
            { "Environment.Set[0] has a name that is empty.", spawn => spawn.WithEnvironmentVariable("", "x") },
            { "Environment.Set[0] has a name that holds '='.", spawn => spawn.WithEnvironmentVariable("A=b", "x") },
            { "Environment.Set[0] has a name that holds a NUL", spawn => spawn.WithEnvironmentVariable("A\0", "x") },
            { "Environment.Set[0] has a value that holds a NUL", spawn => spawn.WithEnvironmentVariable("A", "\0") },
            { "Environment.Set[0] has a value that is not well-formed", spawn => spawn.WithEnvironmentVariable("A", "\uD800") },
            { "Environment.Set[0] has no value.", spawn => spawn.WithEnvironmentVariable("A", null!) },
            { "Environment.Set[0] is missing.", spawn => spawn with { Environment = new() { Set = [null!] } } },
            { "Environment.Set[0] is OSL_OPERATION", spawn => spawn.WithEnvironmentVariable("OSL_OPERATION", "x") },
            { "Environment.Set[0] is OSL_OPERATION", spawn => spawn.WithEnvironmentVariable("osl_operation", "x") },
            { "Environment.Unset[0] is OSL_OPERATION", spawn => spawn.WithoutEnvironmentVariable("OSL_OPERATION") },
            { "Environment.Unset[0] has a name that is empty.", spawn => spawn.WithoutEnvironmentVariable("") },
            {
                "Environment.Set[1] sets A a second time.",
                spawn => spawn with { Environment = new() { Set = [new("A", "1"), new("A", "2")] } }
            },
            {
                "Environment.Unset[0] unsets A, which is also set.",
                spawn =>
                    spawn with
                    {
                        Environment = new() { Set = [new("A", "1")], Unset = ["A"] },
                    }
            },
            {
                "ProcessGroup.Placement is no ProcessGroupPlacement.",
                spawn => spawn with { ProcessGroup = new() { Placement = (ProcessGroupPlacement)7 } }
            },
            {
                "ProcessGroup.Target is missing.",
                spawn => spawn with { ProcessGroup = new() { Placement = ProcessGroupPlacement.JoinGroup } }
            },
            {
                "ProcessGroup.Target is for JoinGroup only.",
                spawn =>
                    spawn with
                    {
                        ProcessGroup = new() { Placement = ProcessGroupPlacement.NewGroup, Target = 42 },
                    }
            },
            { "ProcessGroup.Target.Pgid has to be greater than 1", spawn => spawn.WithProcessGroup(0) },
            { "ProcessGroup.Target.Pgid has to be greater than 1", spawn => spawn.WithProcessGroup(-1) },
            { "ProcessGroup.Target is group 1", spawn => spawn.WithProcessGroup(1) },
            { "ProcessGroup.Target.Group is another group", spawn => spawn.WithProcessGroup(new GroupTarget(42, Samples.Group)) },
            { "DetachFromTerminal can't be had with JoinGroup", spawn => spawn.WithProcessGroup(42).WithDetachFromTerminal() },
            { "ForegroundTerminal needs NewGroup", spawn => spawn.WithForegroundTerminal().WithStandardInput(StandardInputKind.Inherit) },
            { "ForegroundTerminal needs standard input", spawn => spawn.WithForegroundTerminal().WithNewProcessGroup() },
            { "ForegroundTerminal can't be had by what is detached", spawn => Foreground(spawn).WithDetachFromTerminal() },
            { "ForegroundTerminal can't be had by what is detached", spawn => Foreground(spawn).WithLifetime(ProcessLifetime.Detached) },
            { "Lifetime is no ProcessLifetime.", spawn => spawn.WithLifetime((ProcessLifetime)5) },
            { "StandardInput can't be a pipe of what is Detached", spawn => Detached(spawn).WithStandardInput(StandardInputKind.Pipe) },
            { "StandardOutput can't be a pipe", spawn => Detached(spawn).WithStandardOutput(StandardOutputConfig.Pipe) },
            { "StandardError can't be a pipe", spawn => Detached(spawn).WithCapturedOutput() },
            { "TimeLimit can't be kept for what is Detached", spawn => Detached(spawn).WithTimeLimit(TimeSpan.FromHours(1)) },
            { "Lifetime can't be Detached with JoinGroup", spawn => Detached(spawn).WithProcessGroup(42) },
            { "TimeLimit has to be more than no time", spawn => spawn.WithTimeLimit(TimeSpan.Zero) },
            { "TimeLimit has to be more than no time", spawn => spawn.WithTimeLimit(TimeSpan.FromDays(366)) },
            { "StandardInput is no StandardInputKind.", spawn => spawn.WithStandardInput((StandardInputKind)9) },
            { "StandardOutput.Kind is no", spawn => spawn.WithStandardOutput(new() { Kind = (StandardOutputKind)99 }) },
            { "StandardOutput can't be SameAsOutput", spawn => spawn.WithStandardOutput(StandardOutputConfig.SameAsOutput) },
            { "StandardError.CaptureLimit has to be from 0 to 1 GiB.", spawn => spawn.WithStandardError(StandardOutputConfig.Capture(-1)) },
            { "StandardOutput.CaptureLimit has to be", spawn => spawn.WithStandardOutput(StandardOutputConfig.Capture(int.MaxValue)) },
            { "StandardOutput.CaptureLimit is for a capture only.", spawn => spawn.WithStandardOutput(new() { CaptureLimit = 5 }) },
            { "StandardOutput.File is empty.", spawn => spawn.WithStandardOutput(new() { Kind = StandardOutputKind.File }) },
            { "StandardOutput.File is for the kind File only.", spawn => spawn.WithStandardOutput(new() { File = "/x" }) },
            { "StandardOutput has a file's mode", spawn => spawn.WithStandardOutput(new() { RotateSize = 4096 }) },
            { "StandardOutput.File names a directory", spawn => spawn.WithStandardOutput(StandardOutputConfig.ToFile("/var/log/")) },
            { "StandardOutput.File names a directory", spawn => spawn.WithStandardOutput(StandardOutputConfig.ToFile("/var/..")) },
            { "StandardOutput.FileMode has to be", spawn => spawn.WithStandardOutput(StandardOutputConfig.ToFile("x", 0x1B6)) },
            { "StandardOutput.FileMode has to be", spawn => spawn.WithStandardOutput(StandardOutputConfig.ToFile("x", 0x100)) },
            { "StandardOutput.RotateSize has to be", spawn => spawn.WithStandardOutput(StandardOutputConfig.ToRotatedFile("x", 4095)) },
            { "StandardOutput.RotateSize has to be", spawn => spawn.WithStandardOutput(StandardOutputConfig.ToRotatedFile("x", -1)) },
            {
                "StandardOutput.RotateCount has to be",
                spawn => spawn.WithStandardOutput(StandardOutputConfig.ToRotatedFile("x", 4096, 1001))
            },
            { "StandardOutput.RotateCount needs", spawn => spawn.WithStandardOutput(StandardOutputConfig.ToRotatedFile("x", 0, 2)) },
            {
                "StandardError and standard output name one file",
                spawn =>
                    spawn
                        .WithStandardOutput(StandardOutputConfig.ToFile("x"))
                        .WithStandardError(StandardOutputConfig.ToRotatedFile("x", 4096))
            },
            { "StandardOutput.Targets has to hold 2 to 8", spawn => spawn.WithStandardOutput(StandardOutputConfig.Tee()) },
            { "StandardOutput.Targets is for a tee", spawn => spawn.WithStandardOutput(new() { Targets = [StandardOutputConfig.Pipe] }) },
            { "StandardOutput.Targets[1] is Pipe once more", spawn => spawn.WithStandardOutput(Tee(StandardOutputConfig.Pipe)) },
            { "StandardOutput.Targets[1] has to be a file", spawn => spawn.WithStandardOutput(Tee(StandardOutputConfig.Null)) },
            { "StandardOutput.Targets[1] can't have targets", spawn => spawn.WithStandardOutput(Tee(Tee(StandardOutputConfig.Pipe))) },
            { "StandardOutput.Targets[1] is missing", spawn => spawn.WithStandardOutput(Tee(null!)) },
            { "StandardOutput.Targets[1].File is empty", spawn => spawn.WithStandardOutput(Tee(StandardOutputConfig.ToFile(""))) },
            {
                "StandardOutput can't be a pipe, a capture, a terminal or a tee",
                spawn => Detached(spawn).WithStandardOutput(Tee(StandardOutputConfig.ToFile("x")))
            },
            {
                "StandardOutput can't be rotated",
                spawn => Detached(spawn).WithStandardOutput(StandardOutputConfig.ToRotatedFile("x", 4096))
            },
            { "StandardInput can't be a terminal of what is Detached", spawn => Detached(spawn).WithTerminal() },
            { "StandardInput has to be the terminal too", spawn => spawn.WithStandardOutput(StandardOutputConfig.Terminal()) },
            { "StandardOutput has to be the terminal too", spawn => spawn.WithStandardInput(StandardInputKind.Terminal) },
            { "StandardError can't be a terminal", spawn => spawn.WithTerminal().WithStandardError(StandardOutputConfig.Terminal()) },
            { "StandardOutput can't be a terminal with JoinGroup", spawn => spawn.WithTerminal().WithProcessGroup(42) },
            { "StandardOutput.TerminalSize has to be from 1", spawn => spawn.WithTerminal(new TerminalSize(0, 24)) },
            { "StandardOutput.TerminalSize has to be from 1", spawn => spawn.WithTerminal(new TerminalSize(80, 65536)) },
            {
                "StandardOutput.TerminalSize is for a terminal",
                spawn => spawn.WithStandardOutput(new() { TerminalSize = TerminalSize.Default })
            },
            { "InputText is missing", spawn => spawn.WithStandardInput(StandardInputKind.Text) },
            { "InputText is for input from a text", spawn => spawn with { InputText = "x" } },
            { "InputText is longer", spawn => spawn.WithInputText(new string('x', SpawnProcessOperation.LongestInputText + 1)) },
            { "InputText is not well-formed", spawn => spawn.WithInputText("\0\uD800") },
            { "InputFrom is missing", spawn => spawn.WithStandardInput(StandardInputKind.Process) },
            { "InputFrom is for input from another", spawn => spawn with { InputFrom = Samples.Id } },
            { "StopSequence.Steps has to hold from 1 to 16 steps.", spawn => spawn.WithStopSequence(new()) },
            { "StopSequence.Steps has to hold from 1 to 16 steps.", spawn => spawn.WithStopSequence(Steps(17)) },
            { "StopSequence.Steps[0] is missing.", spawn => spawn.WithStopSequence(new() { Steps = [null!] }) },
            {
                "StopSequence.Steps[0] has no signal",
                spawn => spawn.WithStopSequence(new() { Steps = [new(default, TimeSpan.FromSeconds(1))] })
            },
            {
                "StopSequence.Steps[0] has to wait: it is the last",
                spawn => spawn.WithStopSequence(new() { Steps = [new(Signal.Kill, TimeSpan.Zero)] })
            },
            { "StopSequence.Steps[0] has to wait from", spawn => spawn.WithGracePeriod(TimeSpan.FromSeconds(-1)) },
            { "StopSequence.Steps[0] has to wait from", spawn => spawn.WithGracePeriod(TimeSpan.FromHours(25)) },
            { "Containment is no Containment.", spawn => spawn with { Containment = (Containment)77 } },
            { "Nice has to be from -20 to 19.", spawn => spawn with { Nice = 20 } },
            { "Umask has to be from 0 to 511.", spawn => spawn with { Umask = 0x200 } },
            { "IoPriority.Level has to be from 0 to 7.", spawn => spawn with { IoPriority = new() { Level = 8 } } },
            {
                "IoPriority.Level has to be 0 for Idle",
                spawn =>
                    spawn with
                    {
                        IoPriority = new() { Class = IoPriorityClass.Idle, Level = 1 },
                    }
            },
            { "IoPriority.Class is no IoPriorityClass.", spawn => spawn with { IoPriority = new() { Class = (IoPriorityClass)9 } } },
            { "CpuAffinity[1] names a CPU a second time.", spawn => spawn with { CpuAffinity = [3, 3] } },
            { "CpuAffinity[0] has to be from 0", spawn => spawn with { CpuAffinity = [-1] } },
            { "RunAs.User is empty.", spawn => spawn with { RunAs = new("") } },
            { "RunAs.User holds a colon or a control character.", spawn => spawn with { RunAs = new("root:x") } },
            { "RunAs.Group holds a NUL", spawn => spawn with { RunAs = new("root", "a\0") } },
            { "RunAs.SupplementaryGroups[0] is empty.", spawn => spawn with { RunAs = new("root") { SupplementaryGroups = [""] } } },
            { "Privileges.Capabilities[0] is no capability", spawn => spawn with { Privileges = new() { Capabilities = ["net_raw"] } } },
            { "Sandbox.WritePaths[0] is empty.", spawn => spawn with { Sandbox = new() { WritePaths = [""] } } },
            { "Limits.MemoryBytes has to be at least 1.", spawn => spawn with { Limits = new() { MemoryBytes = 0 } } },
            { "Limits.CpuTime has to be more than no time", spawn => spawn with { Limits = new() { CpuTime = TimeSpan.Zero } } },
            { "Limits.CoreDumpBytes has to be at least 0.", spawn => spawn with { Limits = new() { CoreDumpBytes = -1 } } },
        };

    [Theory]
    [MemberData(nameof(Flawed))]
    public void A_flaw_is_named_and_nothing_else_is(string message, Func<SpawnProcessOperation, SpawnProcessOperation> flaw)
    {
        var failures = Validate(flaw(Sound));
        Assert.Contains(failures, failure => failure.StartsWith(message, StringComparison.Ordinal));
        Assert.All(failures, failure => Assert.EndsWith(".", failure, StringComparison.Ordinal));
    }

    [Fact]
    public void Sound_operations_have_no_failures()
    {
        Assert.Empty(Validate(Sound));
        Assert.Empty(Validate(Samples.Spawn));
        Assert.Empty(Validate(Foreground(Sound)));
        Assert.Empty(Validate(Detached(Sound).WithStandardOutput(new() { Kind = StandardOutputKind.File, File = "/var/log/x" })));
        Assert.Empty(Validate(Sound.WithProcessGroup(Samples.Group)));
        Assert.Empty(Validate(Sound.WithStopSequence(Steps(16))));
        Assert.Empty(Validate(Sound.WithArgument("").WithArgument(new string('x', 3_000_000))));
        Assert.Empty(Validate(Sound.WithGracePeriod(TimeSpan.Zero)));
    }

    [Fact]
    public void Everything_that_is_wrong_is_said_at_once()
    {
        var failures = Validate(new SpawnProcessOperation("", ["\0", "\0"]) { Nice = 99, Umask = -1 });
        Assert.Equal(5, failures.Count);
    }

    [Fact]
    public void So_many_failures_that_nobody_reads_them_are_counted()
    {
        var failures = Validate(Sound with { Arguments = Enumerable.Repeat((Argument)"\0", 1000).ToValueList() });
        Assert.Equal(65, failures.Count);
        Assert.Equal("There are 936 more failures.", failures[^1]);
    }

    [Fact]
    public void No_message_holds_a_value_not_even_one_given_as_a_name()
    {
        const string Secret = "hunter2";
        var failures = Validate(
            new SpawnProcessOperation("x", [$"{Secret}\0"])
            {
                Environment = new()
                {
                    Set = [new($"PASSWORD={Secret}", Secret), new($"{Secret}\0", "v"), new("A", $"{Secret}\0"), new("A", Secret)],
                },
            }
        );
        Assert.NotEmpty(failures);
        Assert.DoesNotContain(failures, failure => failure.Contains(Secret, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(3)]
    [InlineData(40)]
    public void Repeated_names_are_found_in_short_and_in_long_environments(int count)
    {
        var names = Enumerable.Range(0, count).Select(number => new EnvironmentVariable($"V{number}", "x")).ToValueList();
        Assert.Empty(Validate(Sound with { Environment = new() { Set = names } }));
        Assert.Single(Validate(Sound with { Environment = new() { Set = names.Add(new("V0", "y")) } }));
        Assert.Single(
            Validate(
                Sound with
                {
                    Environment = new() { Set = names, Unset = ["V1", "W"] },
                }
            )
        );
    }

    private static ValueList<string> Validate(SpawnProcessOperation spawn) => ProcessOperationKinds.Spawn.Validate(spawn);

    private static StandardOutputConfig Tee(StandardOutputConfig second) => StandardOutputConfig.Tee(StandardOutputConfig.Pipe, second);

    private static SpawnProcessOperation Foreground(SpawnProcessOperation spawn) =>
        spawn.WithForegroundTerminal().WithNewProcessGroup().WithStandardInput(StandardInputKind.Inherit);

    private static SpawnProcessOperation Detached(SpawnProcessOperation spawn) => spawn.WithLifetime(ProcessLifetime.Detached);

    private static StopSequence Steps(int count) =>
        new() { Steps = Enumerable.Repeat(new StopStep(Signal.Terminate, TimeSpan.FromSeconds(1)), count).ToValueList() };
}
