using Osl.Interop.Windows;
using Osl.Operations;
using Osl.Operations.Facts;

namespace Osl.Executors.Windows;

/// <summary>
/// A program held open without leave to write, rename or delete: what was judged is what runs. Its directories can't be renamed either
/// while it is open.
/// </summary>
internal sealed class WindowsExecutableLease(ExecutableFacts facts, Win32Handle file) : ExecutableLease(facts)
{
    public override void Dispose() => file.Dispose();
}

/// <summary>
/// Finds and opens programs by rules of its own, never by those of CreateProcess, which looks into the host's directory and the
/// current one first and tries names at each space (adr/0017-windows-programs.md).
/// </summary>
internal static class ProgramResolver
{
    private const int LongestPath = 32_767;
    private const string FinalPrefix = @"\\?\";

    /// <summary>What a name without one of these gets, in this order. No other is ever run, whatever PATHEXT says.</summary>
    private static readonly string[] Extensions = [".exe", ".com", ".bat", ".cmd"];

    internal static OneOf<ExecutableLease, OperationError> Open(string program, string workingDirectory, IReadOnlyList<string> searchPath)
    {
        if (WindowsPath.FlawOf(program) is { } flaw)
        {
            return new Unsupported(
                $"starting '{DisplayText.Escape(program)}': it is {flaw}",
                "Name the program by its bare name, or by a path such as C:\\Tools\\tool.exe."
            );
        }

        if (CheckDirectory(workingDirectory, program) is { } bad)
        {
            return bad;
        }

        var path = program.Replace('/', '\\');
        if (path.Contains('\\', StringComparison.Ordinal))
        {
            return OpenAny(program, WindowsPath.IsAbsolute(path) ? path : Path.Join(workingDirectory, path));
        }

        OperationError? refused = null;
        foreach (var directory in searchPath)
        {
            if (WindowsPath.IsAbsolute(directory) && WindowsPath.FlawOf(directory) is null)
            {
                var found = OpenAny(program, Path.Join(directory, path));
                if (found.IsT0)
                {
                    return found;
                }

                refused ??= found.AsT1 is NotFound ? null : found.AsT1;
            }
        }

        return refused
            ?? new NotFound(
                $"the program '{DisplayText.Escape(program)}' in {Listed(searchPath)}",
                "Name it by its path, or add its directory to the search path."
            )
            {
                Thing = MissingThing.Program,
            };
    }

    /// <summary>Null when a directory can be the working directory of a child.</summary>
    internal static unsafe OperationError? CheckDirectory(string directory, string program)
    {
        var isShare = directory.StartsWith(@"\\", StringComparison.Ordinal) && directory is not [_, _, '?' or '.', ..];
        if (!isShare && (!WindowsPath.IsAbsolute(directory) || WindowsPath.FlawOf(directory) is not null))
        {
            return new Unsupported(
                $"the working directory '{DisplayText.Escape(directory)}'",
                "Name an absolute path on a drive, such as C:\\Work."
            );
        }

        using var opened = Kernel32.CreateFile(
            directory,
            Kernel32.FILE_TRAVERSE | Kernel32.FILE_READ_ATTRIBUTES,
            Kernel32.FILE_SHARE_READ | Kernel32.FILE_SHARE_WRITE | Kernel32.FILE_SHARE_DELETE,
            null,
            Kernel32.OPEN_EXISTING,
            Kernel32.FILE_FLAG_BACKUP_SEMANTICS,
            0
        );
        if (opened.IsInvalid)
        {
            var error = Win32Error.Last;
            return IsMissing(error)
                ? new NotFound($"the working directory '{DisplayText.Escape(directory)}'", "Create it, or name another.")
                {
                    Thing = MissingThing.Path,
                }
                : LaunchErrors.CannotOpen(program, $"the working directory '{directory}' can't be entered", error);
        }

        return Kernel32.GetFileInformationByHandle(opened, out var facts) != 0 && (facts.Attributes & FileInformation.Directory) == 0
            ? LaunchErrors.CannotOpen(program, $"the working directory '{directory}' is no directory", Win32Error.ERROR_DIRECTORY)
            : null;
    }

    private static OneOf<ExecutableLease, OperationError> OpenAny(string requested, string path)
    {
        // '..' and '.' are taken away by text, as Win32 does it itself before it asks the file system.
        var full = Path.GetFullPath(path);
        if (Extensions.Any(extension => full.EndsWith(extension, StringComparison.OrdinalIgnoreCase)))
        {
            return Open(requested, full);
        }

        foreach (var extension in Extensions)
        {
            var found = Open(requested, full + extension);
            if (found.IsT0 || found.AsT1 is not NotFound)
            {
                return found;
            }
        }

        return Directory.Exists(full) ? LaunchErrors.CannotOpen(full, "it is a directory", Win32Error.ERROR_ACCESS_DENIED)
            : File.Exists(full) ? LaunchErrors.CannotOpen(full, "its name does not end with .exe or .com", Win32Error.ERROR_BAD_EXE_FORMAT)
            : Missing(full);
    }

    private static unsafe OneOf<ExecutableLease, OperationError> Open(string requested, string path)
    {
        var file = Kernel32.CreateFile(
            path,
            Kernel32.GENERIC_READ,
            Kernel32.FILE_SHARE_READ,
            null,
            Kernel32.OPEN_EXISTING,
            Kernel32.FILE_FLAG_BACKUP_SEMANTICS,
            0
        );
        if (file.IsInvalid)
        {
            var error = Win32Error.Last;
            return IsMissing(error) ? Missing(path) : LaunchErrors.CannotOpen(path, "it can't be opened for reading", error);
        }

        var result = Examine(requested, path, file);
        if (result.IsT1)
        {
            file.Dispose();
        }

        return result;
    }

    private static OneOf<ExecutableLease, OperationError> Examine(string requested, string path, Win32Handle file)
    {
        if (Kernel32.GetFileInformationByHandle(file, out var facts) == 0)
        {
            return LaunchErrors.CannotOpen(path, "it can't be examined", Win32Error.Last);
        }

        if ((facts.Attributes & FileInformation.Directory) != 0)
        {
            return LaunchErrors.CannotOpen(path, "it is a directory", Win32Error.ERROR_ACCESS_DENIED);
        }

        if (Kernel32.GetFileType(file) != Kernel32.FILE_TYPE_DISK)
        {
            return LaunchErrors.CannotOpen(path, "it is no file but a device", Win32Error.ERROR_BAD_PATHNAME);
        }

        // What is run is the final path: a junction on the way could lead elsewhere by then.
        if (FinalPath(file) is not { } final)
        {
            return new Unsupported(
                $"starting '{path}', which does not lie on a drive of this machine",
                "Copy the program to a local drive: what another machine keeps can't be held still."
            );
        }

        return new WindowsExecutableLease(
            new ExecutableFacts(
                requested,
                path,
                final,
                facts.VolumeSerial,
                (long)(((ulong)facts.IdHigh << 32) | facts.IdLow),
                OwnerUid: -1,
                Mode: 0,
                BatchFile.IsOne(final) ? BatchFile.Interpreter : null
            ),
            file
        );
    }

    private static unsafe string? FinalPath(Win32Handle file)
    {
        var space = new char[LongestPath];
        uint length;
        fixed (char* start = space)
        {
            length = Kernel32.GetFinalPathNameByHandle(file, start, (uint)space.Length, 0);
        }

        if (length == 0 || length >= space.Length)
        {
            return null;
        }

        return OnDrive(space.AsSpan(0, (int)length));
    }

    /// <summary>
    /// What the system calls the final path of a file, without its prefix; null when that is on no drive. A share is <c>\\?\UNC\server\share</c>, a
    /// volume without a drive <c>\\?\Volume{…}</c>: without the prefix those would be paths relative to wherever the host is.
    /// </summary>
    internal static string? OnDrive(ReadOnlySpan<char> final)
    {
        var path = (final.StartsWith(FinalPrefix, StringComparison.Ordinal) ? final[FinalPrefix.Length..] : final).ToString();
        return WindowsPath.IsAbsolute(path) && WindowsPath.FlawOf(path) is null ? path : null;
    }

    private static bool IsMissing(int error) =>
        error
            is Win32Error.ERROR_FILE_NOT_FOUND
                or Win32Error.ERROR_PATH_NOT_FOUND
                or Win32Error.ERROR_INVALID_DRIVE
                or Win32Error.ERROR_INVALID_NAME
                or Win32Error.ERROR_BAD_NETPATH
                or Win32Error.ERROR_BAD_PATHNAME;

    private static NotFound Missing(string path) =>
        new($"the program '{path}'", "Check the path; a link may lead nowhere.") { Thing = MissingThing.Program };

    private static string Listed(IReadOnlyList<string> searchPath) =>
        searchPath.Count == 0 ? "an empty search path" : string.Join(';', searchPath);
}
