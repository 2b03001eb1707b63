using Osl.Interop.Linux;
using Osl.Operations;
using Osl.Operations.Processes;

namespace Osl.Executors.Linux;

/// <summary>
/// Why posix_spawn(3) failed. It tells one number, be it of the exec, of the change of directory or of the group; which one it was is
/// found out by looking, and that only now that it has failed.
/// </summary>
internal static class SpawnErrors
{
    internal static OperationError Describe(int error, LaunchPlan plan)
    {
        var path = plan.Executable.Facts.Path;
        if (
            error is Errno.ENOENT or Errno.ENOTDIR or Errno.EACCES
            && ExecutableResolver.CheckDirectory(plan.WorkingDirectory, path) is { } directory
        )
        {
            return directory;
        }

        return error switch
        {
            Errno.ENOENT => NoEntry(path, plan.WorkingDirectory),
            Errno.EACCES when SandboxErrors.NotExecutable(plan) is { } outside => outside,
            Errno.EACCES when plan.Account is { } account => Failed(
                error,
                path,
                $"{account.Name} may not execute it, or its interpreter, or not enter the working directory '{plan.WorkingDirectory}'",
                "Check the permissions for that account, or name another working directory (--cwd)."
            ),
            Errno.EACCES => Failed(
                error,
                path,
                "this user may not execute it, or its interpreter",
                "Check execute permission on the file and search permission on its directories, and for a mount with noexec."
            ),
            Errno.ENOEXEC => Failed(
                error,
                path,
                "it is neither a program for this machine nor a script with an interpreter line",
                "Begin a script with a line such as #!/bin/sh, or get the program for this architecture."
            ),
            Errno.E2BIG => Failed(
                error,
                path,
                "its arguments and environment are too long together, or one of them is",
                "Hand long data over in a file or through standard input; one argument may have 128 KiB."
            ),
            Errno.ETXTBSY => Failed(error, path, "somebody is writing to it at the moment", "Try again when it is written.") with
            {
                Transient = true,
            },
            Errno.EAGAIN => Failed(
                error,
                path,
                "the limit of processes is reached",
                "Wait for some to end, or raise the limit (ulimit -u, pids.max of the cgroup)."
            ) with
            {
                Transient = true,
            },
            Errno.ENOMEM => Failed(
                error,
                path,
                "there is no memory for another process",
                "End something, or raise the memory limit of the cgroup."
            ),
            Errno.EPERM when plan.Placement == ProcessGroupPlacement.JoinGroup => CannotJoin(plan),
            Errno.EPERM => new PermissionRefused(
                $"starting '{path}' (EPERM)",
                "A security module, a seccomp filter or the file's capabilities forbid it to this user."
            ),
            Errno.ELOOP => Failed(error, path, "its symbolic links go in a circle, or scripts interpret each other", "Correct the links."),
            Errno.EMFILE or Errno.ENFILE => OutOfDescriptors(error, path),
            _ => Failed(error, path, "the system refused", "See the error's name in execve(2) and posix_spawn(3)."),
        };
    }

    /// <summary>For what is needed before or right after the start: pipes, pidfd, watches.</summary>
    internal static OperationError Resource(int error, string path) =>
        error is Errno.EMFILE or Errno.ENFILE
            ? OutOfDescriptors(error, path)
            : Failed(
                error,
                path,
                "the system has no room to watch another process or stream",
                "End something, or raise the limits (fs.epoll.max_user_watches, memory of the cgroup)."
            );

    internal static Unsupported ChildIgnored(string path) =>
        new(
            $"starting '{path}' while SIGCHLD is ignored: the kernel would throw its exit status away",
            "Whoever started this host ignores SIGCHLD (nohup-like wrappers do); start the host with the default disposition, or call sigaction before the first process is started."
        );

    private static OperationError NoEntry(string path, string workingDirectory)
    {
        var interpreter = ExecutableResolver.InterpreterOf(path);
        if (interpreter is not null && ExecutableResolver.CheckInterpreter(path, interpreter, workingDirectory) is { } missing)
        {
            return missing;
        }

        return Libc.Access(path, 0) == 0
            ? Failed(
                Errno.ENOENT,
                path,
                "it is there, but the dynamic loader it names is not",
                "Get the program for this system's libc and architecture (readelf -l shows the loader)."
            )
            : new NotFound($"the program '{path}'", "It was there a moment ago: somebody has removed or replaced it.")
            {
                Thing = MissingThing.Program,
            };
    }

    private static PermissionRefused CannotJoin(LaunchPlan plan) =>
        new(
            $"putting '{plan.Executable.Facts.Path}' into {plan.JoinGroup?.Group} (EPERM)",
            "A process can only join a group of its host's own session that has members (setpgid(2)): start it in a new group."
        );

    private static SpawnFailed OutOfDescriptors(int error, string path) =>
        Failed(
            error,
            path,
            error == Errno.EMFILE ? "this host has no file descriptor left" : "the system has no file descriptor left",
            "Raise the limit of open files (ulimit -n, fs.file-max), or find out who keeps them open."
        );

    private static SpawnFailed Failed(int error, string path, string why, string remedy) =>
        new($"'{path}': {why}", error, Errno.Name(error), remedy);
}
