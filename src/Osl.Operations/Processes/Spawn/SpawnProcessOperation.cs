using System.Text.Json.Serialization;

namespace Osl.Operations.Processes;

/// <summary>
/// Starts a program. Completes when the program runs (its execve(2) succeeded); how it ends is <see cref="IRunningProcess.Exited"/>.
/// </summary>
/// <remarks>
/// Each <c>With…</c> gives a changed copy. Every member has a default that stands for "as a plain start would", so that records
/// written by older versions load.
/// </remarks>
public sealed record SpawnProcessOperation : IOperation<SpawnProcessResult>
{
    /// <summary>Names the program and its arguments.</summary>
    /// <param name="program">See <see cref="Program"/>.</param>
    /// <param name="arguments">See <see cref="Arguments"/>.</param>
    [JsonConstructor]
    public SpawnProcessOperation(string program, ValueList<Argument> arguments = default)
    {
        Program = program;
        Arguments = arguments;
    }

    /// <summary>
    /// The program: a bare name is looked for in the policy's secure path (never in the current directory), a relative path from
    /// the working directory, an absolute path as it stands.
    /// </summary>
    public string Program { get; init; }

    /// <summary>Its arguments, without the program's own name. Never split, joined or given to a shell.</summary>
    public ValueList<Argument> Arguments { get; init; }

    /// <summary>Its environment.</summary>
    public EnvironmentConfig Environment
    {
        get;
        init => field = value ?? EnvironmentConfig.Inherited;
    } = EnvironmentConfig.Inherited;

    /// <summary>Its working directory; null for the host's. Relative ones are taken from the host's.</summary>
    public string? WorkingDirectory { get; init; }

    /// <summary>Its process group.</summary>
    public ProcessGroupConfig ProcessGroup
    {
        get;
        init => field = value ?? ProcessGroupConfig.Inherit;
    } = ProcessGroupConfig.Inherit;

    /// <summary>A session of its own, without a controlling terminal (setsid(2)); implies a new group.</summary>
    public bool DetachFromTerminal { get; init; }

    /// <summary>
    /// Makes its group the foreground group of the host's controlling terminal (tcsetpgrp(3)), where the host's own group is that and
    /// standard input is inherited; the host takes the terminal back when the process has ended.
    /// </summary>
    public bool ForegroundTerminal { get; init; }

    /// <summary>Where its input comes from.</summary>
    public StandardInputKind StandardInput { get; init; }

    /// <summary>The longest <see cref="InputText"/>, in UTF-16 code units: 1 Mi.</summary>
    public const int LongestInputText = 1024 * 1024;

    /// <summary>
    /// For input from a text: all of it, as UTF-8. It counts as a secret: the journal does not hold it, and no message shows it.
    /// </summary>
    public string? InputText { get; init; }

    /// <summary>
    /// For input from another process: the operation that spawned it, in this host and for the same principal, with a pipe as its standard output
    /// that nobody has read from.
    /// </summary>
    public OperationId? InputFrom { get; init; }

    /// <summary>Where its output goes.</summary>
    public StandardOutputConfig StandardOutput
    {
        get;
        init => field = value ?? StandardOutputConfig.Inherit;
    } = StandardOutputConfig.Inherit;

    /// <summary>Where its errors go.</summary>
    public StandardOutputConfig StandardError
    {
        get;
        init => field = value ?? StandardOutputConfig.Inherit;
    } = StandardOutputConfig.Inherit;

    /// <summary>Whether it ends with its host.</summary>
    public ProcessLifetime Lifetime { get; init; }

    /// <summary>The longest <see cref="TimeLimit"/>: 365 days.</summary>
    public static TimeSpan LongestTimeLimit { get; } = TimeSpan.FromDays(365);

    /// <summary>After this time it is ended by its stop sequence; null for no limit. Greater than zero, at most <see cref="LongestTimeLimit"/>.</summary>
    public TimeSpan? TimeLimit { get; init; }

    /// <summary>How it is ended when nobody says otherwise.</summary>
    public StopSequence StopSequence
    {
        get;
        init => field = value ?? StopSequence.Default;
    } = StopSequence.Default;

    /// <summary>The containment that is asked for at least.</summary>
    public Containment Containment { get; init; }

    /// <summary>The account it runs as; null for the host's.</summary>
    public RunAs? RunAs { get; init; }

    /// <summary>What it may gain or keep; null for as the host.</summary>
    public PrivilegeConfig? Privileges { get; init; }

    /// <summary>What it can reach; null for everything its account can.</summary>
    public SandboxConfig? Sandbox { get; init; }

    /// <summary>What it may use; null for no limits of ours.</summary>
    public ResourceLimits? Limits { get; init; }

    /// <summary>Nice value, -20 to 19; null for the host's.</summary>
    public int? Nice { get; init; }

    /// <summary>The CPUs it may run on, by number; empty for the host's.</summary>
    public ValueList<int> CpuAffinity { get; init; }

    /// <summary>Priority for disks; null for the host's.</summary>
    public IoPriority? IoPriority { get; init; }

    /// <summary>File mode creation mask, 0 to 0777 octal; null for the host's.</summary>
    public int? Umask { get; init; }

    /// <summary>One more argument.</summary>
    /// <param name="argument">Plain, or <see cref="Argument.Secret"/>.</param>
    public SpawnProcessOperation WithArgument(Argument argument) => this with { Arguments = Arguments.Add(argument) };

    /// <summary>More arguments.</summary>
    /// <param name="arguments">Plain texts.</param>
    public SpawnProcessOperation WithArguments(IEnumerable<string> arguments) =>
        this with
        {
            Arguments = Arguments.AddRange(arguments.Select(argument => (Argument)argument)),
        };

    /// <summary>One variable for the child, over whatever is inherited and over what was said of it before.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="value">Its value.</param>
    public SpawnProcessOperation WithEnvironmentVariable(string name, string value)
    {
        var others = WithoutMention(name);
        return this with { Environment = others with { Set = others.Set.Add(new EnvironmentVariable(name, value)) } };
    }

    /// <summary>A variable that the child does not get, whatever was said of it before.</summary>
    /// <param name="name">Its name.</param>
    public SpawnProcessOperation WithoutEnvironmentVariable(string name)
    {
        var others = WithoutMention(name);
        return this with { Environment = others with { Unset = others.Unset.Add(name) } };
    }

    /// <summary>Nothing of the host's environment.</summary>
    public SpawnProcessOperation WithCleanEnvironment() => this with { Environment = Environment with { Clean = true } };

    /// <summary>A working directory.</summary>
    /// <param name="directory">Its path.</param>
    public SpawnProcessOperation WithWorkingDirectory(string directory) => this with { WorkingDirectory = directory };

    /// <summary>A process group of its own, with the program as leader.</summary>
    public SpawnProcessOperation WithNewProcessGroup() => this with { ProcessGroup = ProcessGroupConfig.NewGroup };

    /// <summary>A process group that exists.</summary>
    /// <param name="group">Its pgid or reference.</param>
    public SpawnProcessOperation WithProcessGroup(GroupTarget group) => this with { ProcessGroup = ProcessGroupConfig.JoinGroup(group) };

    /// <summary>A session of its own, without a terminal; a new group with it. Not together with a group to join.</summary>
    public SpawnProcessOperation WithDetachFromTerminal() => this with { DetachFromTerminal = true };

    /// <summary>The terminal, while it runs.</summary>
    public SpawnProcessOperation WithForegroundTerminal() => this with { ForegroundTerminal = true };

    /// <summary>Its input.</summary>
    /// <param name="input">Where it comes from.</param>
    public SpawnProcessOperation WithStandardInput(StandardInputKind input) => this with { StandardInput = input };

    /// <summary>A text as its input.</summary>
    /// <param name="text">See <see cref="InputText"/>.</param>
    public SpawnProcessOperation WithInputText(string text) => this with { StandardInput = StandardInputKind.Text, InputText = text };

    /// <summary>Another process's output as its input, without anybody between.</summary>
    /// <param name="source">Who was spawned with a pipe as its standard output; see <see cref="InputFrom"/>.</param>
    public SpawnProcessOperation WithInputFrom(SpawnProcessResult source)
    {
        ArgumentNullException.ThrowIfNull(source);
        return this with { StandardInput = StandardInputKind.Process, InputFrom = source.OperationId };
    }

    /// <summary>A pseudo-terminal for input, output and errors: the controlling terminal of a session of its own.</summary>
    /// <param name="size">Its size as the program starts; null for 80 by 24.</param>
    /// <param name="targets">Where goes what is written there; none to read it (<see cref="IRunningProcess.StandardOutput"/>).</param>
    public SpawnProcessOperation WithTerminal(TerminalSize? size = null, params ReadOnlySpan<StandardOutputConfig> targets) =>
        this with
        {
            StandardInput = StandardInputKind.Terminal,
            StandardOutput = StandardOutputConfig.Terminal(size, targets),
            StandardError = StandardOutputConfig.SameAsOutput,
        };

    /// <summary>Its output.</summary>
    /// <param name="output">Where it goes.</param>
    public SpawnProcessOperation WithStandardOutput(StandardOutputConfig output) => this with { StandardOutput = output };

    /// <summary>Its errors.</summary>
    /// <param name="error">Where they go.</param>
    public SpawnProcessOperation WithStandardError(StandardOutputConfig error) => this with { StandardError = error };

    /// <summary>Output and errors kept in memory, each up to a bound.</summary>
    /// <param name="limit">Bytes each.</param>
    public SpawnProcessOperation WithCapturedOutput(int limit = StandardOutputConfig.DefaultCaptureLimit) =>
        this with
        {
            StandardOutput = StandardOutputConfig.Capture(limit),
            StandardError = StandardOutputConfig.Capture(limit),
        };

    /// <summary>Whether it ends with its host.</summary>
    /// <param name="lifetime">Managed or Detached.</param>
    public SpawnProcessOperation WithLifetime(ProcessLifetime lifetime) => this with { Lifetime = lifetime };

    /// <summary>A time limit.</summary>
    /// <param name="limit">Greater than zero.</param>
    public SpawnProcessOperation WithTimeLimit(TimeSpan limit) => this with { TimeLimit = limit };

    /// <summary>How it is ended.</summary>
    /// <param name="stopSequence">The steps.</param>
    public SpawnProcessOperation WithStopSequence(StopSequence stopSequence) => this with { StopSequence = stopSequence };

    /// <summary>What it can reach.</summary>
    /// <param name="sandbox">Paths, network, system calls.</param>
    public SpawnProcessOperation WithSandbox(SandboxConfig sandbox) => this with { Sandbox = sandbox };

    /// <summary>SIGTERM, a wait, SIGKILL.</summary>
    /// <param name="grace">The wait.</param>
    public SpawnProcessOperation WithGracePeriod(TimeSpan grace) => this with { StopSequence = StopSequence.Graceful(grace) };

    /// <summary>The program and its arguments, secrets masked; of the environment nothing.</summary>
    public override string ToString() => Redaction.CommandLine(this);

    /// <summary>Every file that is named for output or errors, in the order of their mention.</summary>
    public IReadOnlyList<StandardOutputConfig> OutputFiles()
    {
        List<StandardOutputConfig>? files = null;
        foreach (var output in (ReadOnlySpan<StandardOutputConfig>)[StandardOutput, StandardError])
        {
            if (output.Kind == StandardOutputKind.File)
            {
                (files ??= []).Add(output);
            }

            foreach (var target in output.Targets)
            {
                if (target?.Kind == StandardOutputKind.File)
                {
                    (files ??= []).Add(target);
                }
            }
        }

        return (IReadOnlyList<StandardOutputConfig>?)files ?? [];
    }

    private EnvironmentConfig WithoutMention(string name) =>
        Environment with
        {
            Set = Environment.Set.Where(variable => !string.Equals(variable.Name, name, StringComparison.Ordinal)).ToValueList(),
            Unset = Environment.Unset.Where(unset => !string.Equals(unset, name, StringComparison.Ordinal)).ToValueList(),
        };
}
