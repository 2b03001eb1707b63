using System.Globalization;
using System.Text;
using Osl.Executors;
using Osl.Executors.Windows;
using Osl.Interop.Windows;
using Osl.Operations;
using Osl.Operations.Processes;
using Osl.Tests.Integration.Linux;
using Xunit;

namespace Osl.Tests.Integration.Windows;

/// <summary>What a test of the Windows executor stands on: an executor, a registry, and short ways to start something.</summary>
[Trait("Needs", "windows")]
public abstract class WindowsExecutorTest : IAsyncLifetime
{
    private protected static readonly string TestChild = Path.Join(AppContext.BaseDirectory, "testchild.exe");

    private protected static readonly string[] SearchPath = [Environment.SystemDirectory];

    /// <summary>CreateProcess under Wine fails with this now and then, for no reason of ours.</summary>
    private const string WineHiccup = "ERROR_INTERNAL_ERROR";

    private readonly List<LaunchedProcess> _launched = [];

    private protected WindowsExecutorTest(WindowsMode? mode = null) =>
        Executor = new WindowsExecutor(new ExecutorOptions(), Registry, mode ?? WindowsMode.Detected);

    protected static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    private protected MemoryRegistry Registry { get; } = new();

    private protected WindowsExecutor Executor { get; }

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    /// <summary>Ends what the test has left, and only that.</summary>
    public async ValueTask DisposeAsync()
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
        GC.SuppressFinalize(this);
    }

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
        string? workingDirectory = null,
        string[]? environment = null,
        int? nice = null,
        int[]? affinity = null,
        ResourceLimits? limits = null,
        WindowsExecutor? executor = null,
        OperationId? operation = null
    )
    {
        executor ??= Executor;
        workingDirectory ??= Environment.SystemDirectory;
        if (!executor.OpenExecutable(program, workingDirectory, SearchPath).TryPickT0(out var executable, out var unopened))
        {
            return unopened;
        }

        using (executable)
        {
            while (true)
            {
                var id = operation ?? OperationId.New(TimeProvider.System.GetUtcNow());
                var result = executor.Launch(
                    new LaunchPlan
                    {
                        Operation = id,
                        Context = OperationContext.Current,
                        Executable = executable,
                        Arguments = [program, .. arguments ?? []],
                        Environment = [.. environment ?? Inherited(), $"{OperationId.MarkerVariable}={id}"],
                        WorkingDirectory = workingDirectory,
                        Placement = placement,
                        JoinGroup = join,
                        NewSession = newSession,
                        Lifetime = lifetime,
                        StandardInput = input,
                        StandardOutput = output ?? StandardOutputConfig.Null,
                        StandardError = error ?? StandardOutputConfig.Null,
                        Nice = nice,
                        CpuAffinity = (affinity ?? []).ToValueList(),
                        Limits = limits,
                    }
                );
                if (result.TryPickT0(out var launched, out var failed))
                {
                    lock (_launched)
                    {
                        _launched.Add(launched);
                    }
                }
                else if (Wine.IsHere && failed is SpawnFailed { ErrorName: WineHiccup })
                {
                    Cancelled.ThrowIfCancellationRequested();
                    continue;
                }

                return result;
            }
        }
    }

    /// <summary>The test's own child with a verb; its output a pipe.</summary>
    private protected LaunchedProcess Child(
        string[] arguments,
        StandardInputKind input = StandardInputKind.Pipe,
        StandardOutputConfig? output = null,
        ProcessGroupPlacement placement = ProcessGroupPlacement.NewGroup,
        GroupLease? join = null,
        ProcessLifetime lifetime = ProcessLifetime.Managed,
        int? nice = null,
        int[]? affinity = null
    ) =>
        TryLaunch(
                TestChild,
                arguments,
                input,
                output ?? StandardOutputConfig.Pipe,
                placement: placement,
                join: join,
                lifetime: lifetime,
                nice: nice,
                affinity: affinity
            )
            .OrThrow();

    /// <summary>One that has said that it is ready.</summary>
    private protected async Task<LaunchedProcess> Ready(params string[] arguments)
    {
        var launched = Child(arguments);
        Assert.Equal("ready", await ReadLine(launched.StandardOutput!));
        return launched;
    }

    private protected async Task<string> OutputOf(string[] arguments, string[]? environment = null)
    {
        var launched = TryLaunch(TestChild, arguments, output: StandardOutputConfig.Capture(), environment: environment).OrThrow();
        return (await launched.OutputEnded).Output.Text;
    }

    /// <summary>One line from a pipe, without its end: how a child says that it is ready.</summary>
    private protected static async Task<string> ReadLine(Stream stream)
    {
        var line = new StringBuilder();
        var one = new byte[1];
        while (await stream.ReadAsync(one, Cancelled) == 1 && one[0] != (byte)'\n')
        {
            line.Append((char)one[0]);
        }

        return line.ToString().TrimEnd('\r');
    }

    private protected GroupLease HoldGroup(LaunchedProcess launched) => Executor.Hold((GroupTarget)launched.Group!).OrThrow();

    /// <summary>Waits until a process that is not ours has ended; by its handle, never by a time.</summary>
    private protected static async Task Gone(int pid, long created)
    {
        using var process = ProcessHandle.TryOpen(pid, Kernel32.SYNCHRONIZE | ProcessHandle.ToQuery, out _);
        if (process is not null && ProcessHandle.CreationTime(process) == created)
        {
            await new WindowsWaits(TimeProvider.System).WaitAsync(process, Cancelled);
        }
    }

    private protected static long CreatedAt(int pid)
    {
        using var process = ProcessHandle.TryOpen(pid, ProcessHandle.ToQuery, out _);
        Assert.NotNull(process);
        return ProcessHandle.CreationTime(process);
    }

    /// <summary>The number at the end of a line such as "child 42".</summary>
    private protected static int NumberIn(string line) => int.Parse(line.Split(' ')[^1], CultureInfo.InvariantCulture);

    private static string[] Inherited() =>
        [
            .. Environment
                .GetEnvironmentVariables()
                .Cast<System.Collections.DictionaryEntry>()
                .Select(entry => $"{entry.Key}={entry.Value}")
                .Where(entry => !entry.StartsWith(OperationId.MarkerVariable, StringComparison.OrdinalIgnoreCase)),
        ];
}
