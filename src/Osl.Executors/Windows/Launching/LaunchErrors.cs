using Osl.Interop.Windows;
using Osl.Operations;

namespace Osl.Executors.Windows;

/// <summary>Win32 codes of starting a program, in the words of the operations.</summary>
internal static class LaunchErrors
{
    /// <summary>A program or directory that is there and can't be used.</summary>
    internal static SpawnFailed CannotOpen(string what, string why, int error) =>
        Failed(
            error,
            what,
            why,
            error switch
            {
                Win32Error.ERROR_ACCESS_DENIED => "Give this account the right to read and execute it, or name a program in it.",
                Win32Error.ERROR_SHARING_VIOLATION => "Somebody has it open for writing: try again when that is done.",
                Win32Error.ERROR_BAD_EXE_FORMAT => "Name a program, or the program that reads this file.",
                Win32Error.ERROR_DIRECTORY => "Name a directory.",
                _ => "See the code in winerror.h.",
            }
        ) with
        {
            Transient = error == Win32Error.ERROR_SHARING_VIOLATION,
        };

    /// <summary>What CreateProcessW answered.</summary>
    internal static OperationError Describe(int error, LaunchPlan plan)
    {
        var path = plan.Executable.Facts.Path;
        return error switch
        {
            Win32Error.ERROR_FILE_NOT_FOUND or Win32Error.ERROR_PATH_NOT_FOUND => ProgramResolver.CheckDirectory(
                plan.WorkingDirectory,
                path
            )
                ?? new NotFound($"the program '{path}'", "It was there a moment ago: somebody has removed or replaced it.")
                {
                    Thing = MissingThing.Program,
                },
            Win32Error.ERROR_ACCESS_DENIED => new PermissionRefused(
                $"starting '{path}' ({Win32Error.Name(error)})",
                "Give this account the right to execute it, and look whether a security product forbids it."
            ),
            Win32Error.ERROR_ELEVATION_REQUIRED => new PermissionRefused(
                $"starting '{path}', which asks to be run as administrator ({Win32Error.Name(error)})",
                "Start the host elevated; Osl never asks for elevation by itself."
            ),
            Win32Error.ERROR_PRIVILEGE_NOT_HELD or Win32Error.ERROR_ACCESS_DISABLED_BY_POLICY => new PermissionRefused(
                $"starting '{path}' ({Win32Error.Name(error)})",
                "A policy of this machine forbids it to this account."
            ),
            Win32Error.ERROR_BAD_EXE_FORMAT or Win32Error.ERROR_EXE_MACHINE_TYPE_MISMATCH or Win32Error.ERROR_EXE_MARKED_INVALID => Failed(
                error,
                path,
                "it is no program for this machine",
                "Get the program for this architecture, or name the program that reads this file."
            ),
            Win32Error.ERROR_DIRECTORY => ProgramResolver.CheckDirectory(plan.WorkingDirectory, path)
                ?? Failed(
                    error,
                    path,
                    $"'{plan.WorkingDirectory}' can't be its working directory",
                    "Name one whose path has less than 260 characters."
                ),
            Win32Error.ERROR_FILENAME_EXCED_RANGE => TooLong(path),
            Win32Error.ERROR_VIRUS_INFECTED => Failed(
                error,
                path,
                "a security product says it is infected",
                "Look into it before anything else."
            ),
            Win32Error.ERROR_SHARING_VIOLATION => Failed(error, path, "somebody is writing to it", "Try again when it is written.") with
            {
                Transient = true,
            },
            _ => Resource(error, path),
        };
    }

    /// <summary>For what is needed before or right after the start: job, pipes, waits.</summary>
    internal static SpawnFailed Resource(int error, string path) =>
        error
            is Win32Error.ERROR_NOT_ENOUGH_MEMORY
                or Win32Error.ERROR_OUTOFMEMORY
                or Win32Error.ERROR_NO_SYSTEM_RESOURCES
                or Win32Error.ERROR_COMMITMENT_LIMIT
                or Win32Error.ERROR_NOT_ENOUGH_QUOTA
                or Win32Error.ERROR_TOO_MANY_OPEN_FILES
            ? Failed(error, path, "the system has no room for another process", "End something, or add memory; then try again.") with
            {
                Transient = true,
            }
            : Failed(error, path, "the system refused", "See the code in winerror.h; CreateProcessW's page says what it means there.");

    internal static SpawnFailed TooLong(string path) =>
        Failed(
            Win32Error.ERROR_FILENAME_EXCED_RANGE,
            path,
            $"its command line is longer than {CommandLine.Longest} characters",
            "Hand long data over in a file or through standard input."
        );

    internal static PermissionRefused NameTaken(string path, string name, int error) =>
        new(
            $"starting '{path}' in a job of its own: somebody has already made one named '{name}' ({Win32Error.Name(error)})",
            "Find out who: the name is made of the operation's id, which nobody else should know."
        );

    private static SpawnFailed Failed(int error, string path, string why, string remedy) =>
        new($"'{path}': {why}", error, Win32Error.Name(error), remedy);
}
