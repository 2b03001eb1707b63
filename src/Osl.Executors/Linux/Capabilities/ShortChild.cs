using System.Text;
using Osl.Interop.Linux;
using Osl.Operations.Processes;

namespace Osl.Executors.Linux;

/// <summary>
/// A child that ends by itself at once, for the probes: no operation, hence no policy and no journal; no input, no output, an empty
/// environment, and a session of its own.
/// </summary>
internal static unsafe class ShortChild
{
    private const int Patience = 5_000;

    /// <summary>Runs it to its end. A child that takes longer than 5 s is killed.</summary>
    /// <param name="path">The program.</param>
    /// <param name="arguments">With its own name first.</param>
    /// <returns>Its exit code; null when it could not be started, was killed, or how it ended can't be known.</returns>
    internal static int? Run(string path, params string[] arguments)
    {
        if (Start(path, arguments) is not { } pid)
        {
            return null;
        }

        using var pidfd = PidFd.TryOpen(pid, out _);
        if (pidfd is null)
        {
            ChildStatus.ReapByPid(pid);
            return null;
        }

        if (!Descriptor.WaitReadable(pidfd.Number, Patience))
        {
            _ = pidfd.Send(Libc.SIGKILL);
        }

        return ChildStatus.Reap(pidfd, block: true, out var status) == ReapOutcome.Reaped && status.Signal == 0 ? status.ExitCode : null;
    }

    private static int? Start(string path, string[] arguments)
    {
        // One block of texts, each with its NUL, and the pointers into it.
        var texts = Encoding.UTF8.GetBytes(string.Join('\0', [path, .. arguments]) + '\0');
        var argv = stackalloc byte*[arguments.Length + 1];
        var envp = stackalloc byte*[] { null };
        var actionSpace = stackalloc byte[Libc.PosixSpawnActionsSize];
        var attributeSpace = stackalloc byte[Libc.PosixSpawnAttributesSize];
        fixed (byte* start = texts)
        {
            var at = Encoding.UTF8.GetByteCount(path) + 1;
            for (var index = 0; index < arguments.Length; index++)
            {
                argv[index] = start + at;
                at += Encoding.UTF8.GetByteCount(arguments[index]) + 1;
            }

            argv[arguments.Length] = null;
            var spawn = new SpawnActions(actionSpace, attributeSpace);
            spawn.SetAttributes(newSession: true, setGroup: false, pgid: 0, keptIgnored: 0, blocked: SpawnActions.HelpersMask);
            spawn.SetInput(StandardInputKind.Null, -1);
            spawn.SetOutput(1, StandardOutputKind.Null, -1);
            spawn.SetOutput(2, StandardOutputKind.SameAsOutput, -1);
            spawn.CloseTheRest();
            var error = spawn.Spawn(start, argv, envp, out var pid);
            spawn.Dispose();
            return error == 0 ? pid : null;
        }
    }
}
