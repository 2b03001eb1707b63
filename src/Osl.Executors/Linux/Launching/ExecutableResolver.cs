using System.Text;
using Osl.Interop.Linux;
using Osl.Operations;
using Osl.Operations.Facts;

namespace Osl.Executors.Linux;

/// <summary>Finds and opens programs as execve(2) would, but says beforehand, and in words, why one can't be run.</summary>
internal static class ExecutableResolver
{
    /// <summary>What the kernel reads of a script's first line (BINPRM_BUF_SIZE).</summary>
    private const int FirstLine = 256;

    internal static OneOf<ExecutableLease, OperationError> Open(string program, string workingDirectory, IReadOnlyList<string> searchPath)
    {
        if (program.Length == 0 || program.Contains('\0', StringComparison.Ordinal) || !workingDirectory.StartsWith('/'))
        {
            return new ValidationFailed(["The program must be named, without NUL, and the working directory be absolute."]);
        }

        if (OpenDirectory(workingDirectory, program).TryPickT1(out var bad, out var directory))
        {
            return bad;
        }

        var found = Find(program, workingDirectory, directory, searchPath);
        if (found.IsT1)
        {
            _ = Libc.Close(directory);
        }

        return found;
    }

    private static OneOf<ExecutableLease, OperationError> Find(
        string program,
        string workingDirectory,
        int directory,
        IReadOnlyList<string> searchPath
    )
    {
        if (program.Contains('/', StringComparison.Ordinal))
        {
            var path = program.StartsWith('/') ? program : Join(workingDirectory, program);
            return TryOpen(program, path, workingDirectory, directory);
        }

        // As execvp(3): what is found and can't be run is remembered, and the search goes on.
        OperationError? refused = null;
        foreach (var place in searchPath)
        {
            if (place.StartsWith('/'))
            {
                var found = TryOpen(program, Join(place, program), workingDirectory, directory);
                if (found.IsT0)
                {
                    return found;
                }

                refused ??= found.AsT1 is NotFound ? null : found.AsT1;
            }
        }

        return refused
            ?? new NotFound(
                $"the program '{program}' in {Listed(searchPath)}",
                "Name it by its path, or add its directory to the search path."
            )
            {
                Thing = MissingThing.Program,
            };
    }

    /// <summary>Null when a directory can be the working directory of a child.</summary>
    internal static OperationError? CheckDirectory(string directory, string program)
    {
        if (OpenDirectory(directory, program).TryPickT1(out var error, out var fd))
        {
            return error;
        }

        _ = Libc.Close(fd);
        return null;
    }

    private static OneOf<int, OperationError> OpenDirectory(string directory, string program)
    {
        var fd = Libc.Open(directory, Libc.O_PATH | Libc.O_CLOEXEC, 0);
        if (fd < 0)
        {
            return Libc.LastError switch
            {
                Errno.ENOENT => new NotFound($"the working directory '{directory}'", "Create it, or name another.")
                {
                    Thing = MissingThing.Path,
                },
                Errno.ENOTDIR => NotADirectory(directory, program),
                var error => CannotOpen(program, $"the working directory '{directory}' can't be reached", error),
            };
        }

        var failed = FileStatus.Read(fd, out var status);
        failed = failed == 0 && status.IsDirectory ? FileStatus.CheckExecutable(fd) : failed;
        // Above the standard streams, which the child sets up before it goes there.
        failed = failed == 0 ? Descriptor.MoveUp(ref fd) : failed;
        if (failed == 0 && status.IsDirectory)
        {
            return fd;
        }

        _ = Libc.Close(fd);
        return failed != 0
            ? CannotOpen(program, $"the working directory '{directory}' can't be entered", failed)
            : NotADirectory(directory, program);
    }

    /// <summary>The interpreter that a script's first line names; null for everything else, and for what can't be read.</summary>
    internal static unsafe string? InterpreterOf(string path) => InterpreterOf(path, out _);

    /// <param name="path">The file.</param>
    /// <param name="isNative">
    /// Whether the kernel can run it by an open file: a binary of this machine, or one that may be executed and not read, which no
    /// interpreter could read either.
    /// </param>
    private static unsafe string? InterpreterOf(string path, out bool isNative)
    {
        isNative = true;
        // Non-blocking, should the name mean a FIFO by now.
        var fd = Libc.Open(path, Libc.O_RDONLY | Libc.O_CLOEXEC | Libc.O_NONBLOCK, 0);
        if (fd < 0)
        {
            return null;
        }

        Span<byte> line = stackalloc byte[FirstLine];
        nint length;
        fixed (byte* start = line)
        {
            length = Libc.Read(fd, start, line.Length);
        }

        _ = Libc.Close(fd);
        isNative = length < 0 || NativeBinary.Is(line[..(int)length]);
        if (length < 3 || !line.StartsWith("#!"u8))
        {
            return null;
        }

        var word = line[2..(int)length].TrimStart(" \t"u8);
        var end = word.IndexOfAny(" \t\n\0"u8);
        word = end < 0 ? word : word[..end];
        return word.IsEmpty ? null : Encoding.UTF8.GetString(word);
    }

    private static OneOf<ExecutableLease, OperationError> TryOpen(string requested, string path, string workingDirectory, int directory)
    {
        var fd = Libc.Open(path, Libc.O_PATH | Libc.O_CLOEXEC, 0);
        if (fd < 0)
        {
            return Libc.LastError switch
            {
                Errno.ENOENT or Errno.ENOTDIR => Missing(path),
                var error => CannotOpen(path, "it can't be reached", error),
            };
        }

        // Above the number that the child gives it, which is closed there first.
        var moved = Descriptor.MoveUp(ref fd, ProgramNames.ChildDescriptor + 1);
        var result =
            moved != 0 ? CannotOpen(path, "it can't be held open", moved) : Examine(requested, path, workingDirectory, directory, fd);
        if (result.IsT1)
        {
            _ = Libc.Close(fd);
        }

        return result;
    }

    private static OneOf<ExecutableLease, OperationError> Examine(
        string requested,
        string path,
        string workingDirectory,
        int directory,
        int fd
    )
    {
        var error = FileStatus.Read(fd, out var status);
        if (error != 0)
        {
            return CannotOpen(path, "it can't be examined", error);
        }

        if (status.Links == 0)
        {
            return Missing(path);
        }

        if (status.IsDirectory)
        {
            return new SpawnFailed($"'{path}': it is a directory", Errno.EISDIR, nameof(Errno.EISDIR), "Name a program in it.");
        }

        if (!status.IsRegular)
        {
            return new SpawnFailed($"'{path}': it is no regular file", Errno.EACCES, nameof(Errno.EACCES), "Name a program or script.");
        }

        if (FileStatus.CheckExecutable(fd) is var refused and not 0)
        {
            return new SpawnFailed(
                $"'{path}': it has no execute permission for this user, or lies on a file system mounted noexec",
                refused,
                Errno.Name(refused),
                "Make it executable (chmod +x), or run its interpreter with it as an argument."
            );
        }

        var interpreter = InterpreterOf(Descriptor.ProcPath(fd), out var isNative);
        if (interpreter is not null && CheckInterpreter(path, interpreter, workingDirectory) is { } missing)
        {
            return missing;
        }

        return new LinuxExecutableLease(
            new ExecutableFacts(
                requested,
                path,
                Descriptor.RealPath(fd) ?? path,
                status.Device,
                status.Inode,
                status.OwnerUid,
                status.Permissions,
                interpreter ?? (isNative ? null : ExecutableFacts.OtherFormat)
            ),
            fd,
            directory
        )
        {
            RealWorkingDirectory = Descriptor.RealPath(directory),
        };
    }

    /// <summary>execve(2) answers ENOENT for a script whose interpreter is missing, as if the script were.</summary>
    internal static SpawnFailed? CheckInterpreter(string script, string interpreter, string workingDirectory)
    {
        if (Libc.Access(interpreter.StartsWith('/') ? interpreter : Join(workingDirectory, interpreter), Libc.X_OK) == 0)
        {
            return null;
        }

        var error = Libc.LastError;
        var cause = interpreter.EndsWith('\r')
            ? "its first line ends with a carriage return, which counts as part of the interpreter's name"
            : $"its interpreter '{interpreter}' {(error == Errno.ENOENT ? "does not exist" : "can't be executed")}";
        return new SpawnFailed(
            $"'{script}': {cause}",
            error,
            Errno.Name(error),
            "Install the interpreter, or correct the script's first line."
        );
    }

    private static NotFound Missing(string path) =>
        new($"the program '{path}'", "Check the path; a symbolic link may lead nowhere.") { Thing = MissingThing.Program };

    private static SpawnFailed NotADirectory(string directory, string program) =>
        new($"'{program}': the working directory '{directory}' is no directory", Errno.ENOTDIR, nameof(Errno.ENOTDIR), "Name a directory.");

    private static SpawnFailed CannotOpen(string what, string why, int error) =>
        new(
            $"'{what}': {why}",
            error,
            Errno.Name(error),
            error switch
            {
                Errno.EACCES => "Give this user search permission on the directories of the path.",
                Errno.ELOOP => "Correct the symbolic links: they go in a circle, or are too many.",
                Errno.ENAMETOOLONG => "Use a shorter path.",
                Errno.EMFILE => "Raise the limit of open files (ulimit -n), or find out who keeps them open.",
                _ => "See the error's name in errno(3).",
            }
        );

    /// <summary>Not Path.Combine: what '..' means after a symbolic link is the kernel's to say.</summary>
    private static string Join(string directory, string name)
    {
        var rest = name.AsSpan();
        while (rest.StartsWith("./", StringComparison.Ordinal))
        {
            rest = rest[2..].TrimStart('/');
        }

        return string.Concat(directory.AsSpan().TrimEnd('/'), "/", rest);
    }

    private static string Listed(IReadOnlyList<string> searchPath) =>
        searchPath.Count == 0 ? "an empty search path" : string.Join(':', searchPath);
}
