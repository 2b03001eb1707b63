using Osl.Executors;
using Osl.Executors.Linux;
using Osl.Executors.Registry;
using Osl.Executors.Watching;
using Osl.Interop.Linux;
using Osl.Operations;
using Osl.Operations.Processes;

namespace Osl.Bench;

/// <summary>
/// What lies between the floor and the whole pipeline, so that a ratio can be told apart: the least that C# can do without holding a thread for
/// each child, and the executor by itself, which contains and registers but neither judges nor records.
/// </summary>
internal sealed class Between : IAsyncDisposable
{
    private readonly LinuxExecutor _executor = new(new ExecutorOptions(), new DeferredRegistry(directory: null, TimeProvider.System));
    private readonly EpollLoop _loop = new("bench");

    /// <summary>posix_spawn(3), a pidfd, a thread that waits for all of them and reaps, the pool.</summary>
    internal async ValueTask PlainTrueAsync()
    {
        var child = new Child(_loop);
        await child.Ended;
    }

    internal async ValueTask ExecutorTrueAsync()
    {
        using var executable = _executor.OpenExecutable("/bin/true", "/", ["/bin"]).OrThrow();
        var operation = OperationId.New(TimeProvider.System.GetUtcNow());
        var plan = new LaunchPlan
        {
            Operation = operation,
            Context = OperationContext.Current,
            Executable = executable,
            Arguments = ["/bin/true"],
            Environment = ["PATH=/usr/bin:/bin", $"{OperationId.MarkerVariable}={operation}"],
            WorkingDirectory = "/",
            Placement = ProcessGroupPlacement.NewGroup,
            StandardOutput = StandardOutputConfig.Inherit,
            StandardError = StandardOutputConfig.Inherit,
        };
        await _executor.Launch(plan).OrThrow().Exited;
    }

    public async ValueTask DisposeAsync()
    {
        await _loop.CloseAsync();
        await _executor.DisposeAsync();
    }

    private sealed unsafe class Child : ReadinessTarget
    {
        private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly EpollLoop _loop;
        private readonly PidFd _pidfd;

        internal Child(EpollLoop loop)
        {
            _loop = loop;
            var actionSpace = stackalloc byte[Libc.PosixSpawnActionsSize];
            var attributeSpace = stackalloc byte[Libc.PosixSpawnAttributesSize];
            var spawn = new SpawnActions(actionSpace, attributeSpace);
            spawn.SetAttributes(newSession: false, setGroup: true, pgid: 0, keptIgnored: 0);
            fixed (byte* path = "/bin/true"u8)
            {
                byte*[] argv = [path, null];
                byte*[] envp = [null];
                fixed (
                    byte** arguments = argv,
                        environment = envp
                )
                {
                    var error = spawn.Spawn(path, arguments, environment, out var pid);
                    spawn.Dispose();
                    _pidfd = error == 0 ? PidFd.TryOpen(pid, out error)! : null!;
                    if (error != 0 || loop.Add(_pidfd.Number, Libc.EPOLLIN | Libc.EPOLLET, this) != 0)
                    {
                        throw new InvalidOperationException($"/bin/true could not be watched: {error}");
                    }
                }
            }
        }

        internal Task Ended => _ended.Task;

        internal override void OnReady(uint events)
        {
            if (ChildStatus.Reap(_pidfd, block: false, out _) == ReapOutcome.StillRunning)
            {
                return;
            }

            _loop.Remove(_pidfd.Number, this);
            _pidfd.Dispose();
            _ended.SetResult();
        }
    }
}
