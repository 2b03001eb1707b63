using Osl.Interop.Linux;
using Osl.Operations;
using Osl.Operations.Processes;

namespace Osl.Executors.Linux;

/// <summary>
/// Mounts the /proc of a new pid namespace while its first process is held: a thread joins the namespaces of that process and starts
/// mount(8) there. Mounted before the process was born it would show the namespace that we are in.
/// </summary>
internal static unsafe class NamespaceProc
{
    private const int CLONE_FS = 0x200;
    private const int CLONE_NEWNS = 0x20000;
    private const int CLONE_NEWPID = 0x20000000;
    private const int Patience = 30_000;
    private static readonly string[] Programs = ["/bin/mount", "/usr/bin/mount"];

    internal static string? Program { get; } = Array.Find(Programs, File.Exists);

    internal static Unsupported? Mount(int pid)
    {
        var mounts = Libc.Open($"/proc/{pid}/ns/mnt", Libc.O_RDONLY | Libc.O_CLOEXEC, 0);
        var pids = Libc.Open($"/proc/{pid}/ns/pid", Libc.O_RDONLY | Libc.O_CLOEXEC, 0);
        try
        {
            return mounts < 0 || pids < 0 || Program is not { } program
                ? Failed($"its namespaces can't be opened ({Errno.Name(Libc.LastError)})")
                : Mount(mounts, pids, program);
        }
        finally
        {
            Close(mounts);
            Close(pids);
        }
    }

    private static Unsupported? Mount(int mounts, int pids, string path)
    {
        using var program = new RawProgram();
        program.Add((int)ContextStep.Namespaces, SyscallNumber.Unshare, CLONE_FS);
        program.Add((int)ContextStep.Namespaces, SyscallNumber.Setns, mounts, CLONE_NEWNS);
        program.Add((int)ContextStep.Namespaces, SyscallNumber.Setns, pids, CLONE_NEWPID);
        var argv = (nint*)program.Memory(6 * sizeof(nint));
        var at = 0;
        foreach (var argument in (string[])["mount", "-t", "proc", "proc", "/proc"])
        {
            argv[at++] = program.Text(argument);
        }

        var start = OwnChildren.Starting();
        var actionSpace = stackalloc byte[Libc.PosixSpawnActionsSize];
        var attributeSpace = stackalloc byte[Libc.PosixSpawnAttributesSize];
        var spawn = new SpawnActions(actionSpace, attributeSpace);
        spawn.SetAttributes(newSession: true, setGroup: false, pgid: 0, keptIgnored: 0, blocked: SpawnActions.HelpersMask);
        spawn.SetInput(StandardInputKind.Null, -1);
        spawn.SetOutput(1, StandardOutputKind.Null, -1);
        spawn.SetOutput(2, StandardOutputKind.SameAsOutput, -1);
        spawn.CloseTheRest();
        try
        {
            if (spawn.Error != 0)
            {
                return Failed(Errno.Name(spawn.Error));
            }

            program.AddSpawn((byte*)program.Text(path), actionSpace, attributeSpace, (byte**)argv, (byte**)program.Memory(sizeof(nint)));
            if (!program.TryRun())
            {
                return Failed("no thread is to be had");
            }
        }
        finally
        {
            spawn.Dispose();
            OwnChildren.Started(start, program.Error == 0 ? program.Pid : 0);
        }

        return program.FailedStep is not null || program.Error != 0 ? Failed(Errno.Name(program.Error))
            : IsDone(program.Pid) ? null
            : Failed($"{path} has failed");
    }

    private static bool IsDone(int pid)
    {
        using var held = PidFd.TryOpen(pid, out _);
        if (held is null)
        {
            ChildStatus.ReapByPid(pid);
            return false;
        }

        if (!Descriptor.WaitReadable(held.Number, Patience))
        {
            _ = held.Send(Signal.Kill.Number);
        }

        return ChildStatus.Reap(held, block: true, out var status) == ReapOutcome.Reaped && status is { Signal: 0, ExitCode: 0 };
    }

    private static Unsupported Failed(string why) =>
        new(
            $"a /proc for a pid namespace of its own: {why}",
            "Provide mount(8) in /bin or /usr/bin, and let the host mount (CAP_SYS_ADMIN, no security module against it)."
        );

    private static void Close(int fd)
    {
        if (fd >= 0)
        {
            _ = Libc.Close(fd);
        }
    }
}
