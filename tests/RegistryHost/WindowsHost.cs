using System.Globalization;
using Osl.Executors;
using Osl.Executors.Registry;
using Osl.Executors.Windows;
using Osl.Operations;
using Osl.Operations.Processes;

namespace Osl.Tests.RegistryHost;

/// <summary>
/// registryhost windows managed|detached group|inherit|join CHILD: starts CHILD with a child of its own, prints the pids and the operation,
/// and waits for the end of its input or to be killed. Meanwhile it takes
/// <c>process PID SIGNAL</c> and <c>group PID STARTTIME OPERATION SIGNAL</c>, and answers "sent", or what kind of error there is and its words.
/// </summary>
internal static class WindowsHost
{
    internal static async Task<int> RunAsync(string[] args)
    {
        var executor = new WindowsExecutor(new ExecutorOptions(), new NoRegistry());
        var lifetime = args[1] is "detached" ? ProcessLifetime.Detached : ProcessLifetime.Managed;
        var pids = new List<int>();
        GroupLease? join = null;
        var placement = args[2] is "inherit" ? ProcessGroupPlacement.Inherit : ProcessGroupPlacement.NewGroup;
        if (args[2] is "join")
        {
            var (first, _) = await StartAsync(executor, args[3], lifetime, placement, null, pids);
            join = executor.Hold((GroupTarget)first.Group!).OrThrow();
            placement = ProcessGroupPlacement.JoinGroup;
        }

        var (_, operation) = await StartAsync(executor, args[3], lifetime, placement, join, pids);
        Console.WriteLine("pids " + string.Join(' ', pids.Select(pid => pid.ToString(CultureInfo.InvariantCulture))));
        Console.WriteLine(operation);
        while (Console.ReadLine() is { } line)
        {
            Console.WriteLine(Obey(executor, line.Split(' ')) is { } error ? $"{error.GetType().Name} {error.Message}" : "sent");
        }

        return 0;
    }

    private static OperationError? Obey(WindowsExecutor executor, string[] words)
    {
        var pid = int.Parse(words[1], CultureInfo.InvariantCulture);
        if (!Signal.TryParse(words[^1], out var signal))
        {
            throw new ArgumentException($"no signal: {words[^1]}", nameof(words));
        }

        if (words[0] is "process")
        {
            using var process = executor.Hold((ProcessTarget)pid).OrThrow();
            return process.Signal(signal);
        }

        var leader = WindowsProcesses.Ref(pid, long.Parse(words[2], CultureInfo.InvariantCulture));
        var operation = OperationId.TryParse(words[3], out var id) ? id : default;
        using var group = executor.Hold((GroupTarget)new GroupRef(pid, leader, operation)).OrThrow();
        return group.Signal(signal);
    }

    private static async Task<(LaunchedProcess Process, OperationId Operation)> StartAsync(
        WindowsExecutor executor,
        string child,
        ProcessLifetime lifetime,
        ProcessGroupPlacement placement,
        GroupLease? join,
        List<int> pids
    )
    {
        using var executable = executor.OpenExecutable(child, Environment.SystemDirectory, []).OrThrow();
        var operation = OperationId.New(TimeProvider.System.GetUtcNow());
        var said = Path.GetTempFileName();
        var detached = lifetime == ProcessLifetime.Detached;
        var launched = executor
            .Launch(
                new LaunchPlan
                {
                    Operation = operation,
                    Context = OperationContext.Current,
                    Executable = executable,
                    Arguments = [child, "stay", said],
                    Environment =
                    [
                        .. Environment
                            .GetEnvironmentVariables()
                            .Cast<System.Collections.DictionaryEntry>()
                            .Select(entry => $"{entry.Key}={entry.Value}")
                            .Where(entry => !entry.StartsWith("OSL_", StringComparison.OrdinalIgnoreCase)),
                        $"{OperationId.MarkerVariable}={operation}",
                    ],
                    WorkingDirectory = Environment.SystemDirectory,
                    Placement = placement,
                    JoinGroup = join,
                    Lifetime = lifetime,
                    StandardInput = detached ? StandardInputKind.Null : StandardInputKind.Pipe,
                    StandardOutput = detached ? StandardOutputConfig.Null : StandardOutputConfig.Pipe,
                    StandardError = StandardOutputConfig.Null,
                }
            )
            .OrThrow();
        pids.Add(launched.Process.Pid);

        // What is detached has no pipe to us: it says it by a file, which it makes when the line is there.
        var done = said + ".done";
        while (!File.Exists(done))
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
        }

        pids.Add(int.Parse(await File.ReadAllTextAsync(said), CultureInfo.InvariantCulture));
        File.Delete(done);
        File.Delete(said);
        return (launched, operation);
    }

    private sealed class NoRegistry : ILaunchRegistry, IRegistration
    {
        public OneOf<IRegistration, OperationError> Reserve(IRegistryPlan plan) => OneOf<IRegistration, OperationError>.FromT0(this);

        public GroupEntry? FindGroup(int pgid) => null;

        public GroupEntry? FindProcess(int pid) => null;

        public IReadOnlyList<GroupEntry> Live() => [];

        public IReadOnlyDictionary<int, int> CountMembers(IReadOnlyList<GroupEntry> entries) =>
            RegistrySystem.Current.CountMembers(entries);

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;

        public void Started(ProcessRef process, int pgid) { }

        public void Detached() { }

        public void Ended() { }
    }
}
