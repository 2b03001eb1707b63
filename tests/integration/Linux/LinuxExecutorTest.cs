using System.Text;
using Osl.Executors;
using Osl.Executors.Linux;
using Osl.Executors.Posix;
using Osl.Executors.Registry;
using Osl.Operations;
using Osl.Operations.Processes;
using Xunit;

namespace Osl.Tests.Integration.Linux;

/// <summary>What a test of the Linux executor stands on: an executor, a registry, and short ways to start something.</summary>
public abstract class LinuxExecutorTest : IAsyncLifetime
{
    private protected static readonly string[] SearchPath = ["/usr/bin", "/bin"];

    private static readonly SpawnProcessOperation AsHost = new("/bin/true");

    private readonly List<LaunchedProcess> _launched = [];
    private IPlatformExecutor? _executor;
    private readonly DirectoryInfo _names = Directory.CreateTempSubdirectory("osl-names-");

    protected LinuxExecutorTest()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "The Linux executor runs on Linux only.");
    }

    /// <summary>Whether the tests are of the fallback (adr/0041-posix-fallback.md).</summary>
    private protected virtual bool WithoutPidfds => false;

    protected static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    private protected MemoryRegistry Registry { get; } = new();

    private protected IPlatformExecutor Executor => _executor ??= NewExecutor(new ExecutorOptions { NamesDirectory = _names.FullName });

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    /// <summary>Ends what the test has left, and only that: by its own group or its own pidfd.</summary>
    public virtual async ValueTask DisposeAsync()
    {
        foreach (var launched in _launched)
        {
            if (
                launched.Group is { } group
                && group.Leader == launched.Process
                && Executor.Hold((GroupTarget)group).TryPickT0(out var members, out _)
            )
            {
                using (members)
                {
                    _ = members.Signal(Signal.Kill);
                    await members.WaitUntilEmptyAsync(CancellationToken.None);
                }
            }
            else if (!launched.Exited.IsCompleted && Executor.Hold((ProcessTarget)launched.Process).TryPickT0(out var held, out _))
            {
                using (held)
                {
                    _ = held.Signal(Signal.Kill);
                }
            }

            await launched.Exited;
        }

        await Executor.DisposeAsync();
        _names.Delete(recursive: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>One more executor, as of another host.</summary>
    private protected IPlatformExecutor NewExecutor(
        ExecutorOptions? options = null,
        ILaunchRegistry? registry = null,
        bool? groupSignal = null
    ) =>
        WithoutPidfds
            ? new PosixExecutor(options ?? new ExecutorOptions(), registry ?? Registry)
            : new LinuxExecutor(options ?? new ExecutorOptions(), registry ?? Registry, groupSignal ?? LinuxFeatures.HasGroupSignal);

    private protected OneOf<LaunchedProcess, OperationError> TryLaunch(
        string program,
        string[]? arguments = null,
        StandardInputKind input = StandardInputKind.Null,
        StandardOutputConfig? output = null,
        StandardOutputConfig? error = null,
        ProcessGroupPlacement placement = ProcessGroupPlacement.NewGroup,
        GroupLease? join = null,
        bool newSession = false,
        ProcessLifetime lifetime = ProcessLifetime.Managed,
        string workingDirectory = "/",
        string[]? environment = null,
        bool foreground = false,
        IPlatformExecutor? executor = null,
        SpawnProcessOperation? context = null
    )
    {
        executor ??= Executor;
        if (!executor.PrepareContext(context ?? AsHost).TryPickT0(out var prepared, out var refused))
        {
            return refused;
        }

        var opened = executor.OpenExecutable(program, workingDirectory, SearchPath);
        if (!opened.TryPickT0(out var executable, out var error2))
        {
            return error2;
        }

        if (!executor.HoldSandbox(context ?? AsHost, workingDirectory).TryPickT0(out var sandbox, out var error3))
        {
            executable.Dispose();
            return error3;
        }

        using (executable)
        using (sandbox)
        {
            var operation = OperationId.New(TimeProvider.System.GetUtcNow());
            var result = executor.Launch(
                new LaunchPlan
                {
                    Operation = operation,
                    Context = OperationContext.Current,
                    Executable = executable,
                    Arguments = [program, .. arguments ?? []],
                    Environment = [.. environment ?? ["PATH=/usr/bin:/bin"], $"{OperationId.MarkerVariable}={operation}"],
                    WorkingDirectory = workingDirectory,
                    Placement = placement,
                    JoinGroup = join,
                    NewSession = newSession,
                    ForegroundTerminal = foreground,
                    Lifetime = lifetime,
                    StandardInput = input,
                    StandardOutput = output ?? StandardOutputConfig.Null,
                    StandardError = error ?? StandardOutputConfig.Null,
                    Account = prepared.Account,
                    Privileges = context?.Privileges,
                    Limits = context?.Limits,
                    Nice = context?.Nice,
                    CpuAffinity = context?.CpuAffinity ?? [],
                    IoPriority = context?.IoPriority,
                    Umask = context?.Umask,
                    Containment = context?.Containment ?? Containment.None,
                    Sandbox = context?.Sandbox is null ? null : sandbox,
                }
            );
            if (result.TryPickT0(out var launched, out _))
            {
                lock (_launched)
                {
                    _launched.Add(launched);
                }
            }

            return result;
        }
    }

    private protected LaunchedProcess Launch(
        string program,
        string[]? arguments = null,
        StandardInputKind input = StandardInputKind.Null,
        StandardOutputConfig? output = null,
        StandardOutputConfig? error = null,
        ProcessGroupPlacement placement = ProcessGroupPlacement.NewGroup,
        GroupLease? join = null,
        bool newSession = false,
        ProcessLifetime lifetime = ProcessLifetime.Managed,
        string workingDirectory = "/",
        string[]? environment = null,
        bool foreground = false
    ) =>
        TryLaunch(
                program,
                arguments,
                input,
                output,
                error,
                placement,
                join,
                newSession,
                lifetime,
                workingDirectory,
                environment,
                foreground
            )
            .OrThrow();

    private protected LaunchedProcess Shell(
        string script,
        StandardInputKind input = StandardInputKind.Null,
        StandardOutputConfig? output = null,
        StandardOutputConfig? error = null,
        ProcessGroupPlacement placement = ProcessGroupPlacement.NewGroup,
        bool newSession = false
    ) => Launch("/bin/sh", ["-c", script], input, output, error, placement, newSession: newSession);

    /// <summary>What a shell script prints.</summary>
    private protected async Task<string> OutputOf(string script, ProcessGroupPlacement placement = ProcessGroupPlacement.NewGroup) =>
        (await Shell(script, output: StandardOutputConfig.Capture(), placement: placement).OutputEnded).Output.Text;

    /// <summary>One line from a pipe: how a child says that it is ready.</summary>
    private protected static async Task<string> ReadLine(Stream stream)
    {
        var line = new StringBuilder();
        var one = new byte[1];
        while (await stream.ReadAsync(one, Cancelled) == 1 && one[0] != (byte)'\n')
        {
            line.Append((char)one[0]);
        }

        return line.ToString();
    }

    private protected GroupLease HoldGroup(LaunchedProcess launched) => Executor.Hold((GroupTarget)launched.Group!).OrThrow();
}
