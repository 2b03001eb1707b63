using Microsoft.Win32.SafeHandles;
using Osl.Interop.Files;
using Osl.Interop.Linux;
using Osl.Operations;
using Osl.Operations.Processes;

namespace Osl.Executors.Linux;

/// <summary>
/// A file that output goes to, by its open directory and its name there: what prepare has looked at is what the launch opens.
/// </summary>
/// <remarks>
/// Nobody but root and us may be able to put something else there (knowledge/trusted-paths.md). In a sticky directory such as /tmp
/// others can still make a file under the name before us, or a second name for one of ours: so what was opened is looked at once more.
/// </remarks>
internal sealed class HeldFile : IDisposable
{
    private const int OpenFlags = Libc.O_WRONLY | Libc.O_APPEND | Libc.O_NOFOLLOW | Libc.O_CLOEXEC | Libc.O_NONBLOCK | Libc.O_NOCTTY;
    private const int GroupOrOtherWrite = 0x12;
    private const int Attempts = 8;

    private readonly string _name;

    private HeldFile(StandardOutputConfig config, SafeFileHandle directory, string name, string path)
    {
        Config = config;
        Directory = directory;
        _name = name;
        Path = path;
    }

    internal StandardOutputConfig Config { get; }

    /// <summary>Its real path: that of the open directory, and its name.</summary>
    internal string Path { get; }

    internal string Name => _name;

    internal SafeFileHandle Directory { get; }

    /// <summary>Opens and examines the directory, and looks at what is there. Changes nothing.</summary>
    /// <param name="config">Names the file.</param>
    /// <param name="workingDirectory">From where a relative path is taken; absolute.</param>
    internal static OneOf<HeldFile, OperationError> Hold(StandardOutputConfig config, string workingDirectory)
    {
        var named = System.IO.Path.Combine(workingDirectory, config.File!);
        var slash = named.LastIndexOf('/');
        var (above, name) = (slash == 0 ? "/" : named[..slash], named[(slash + 1)..]);
        var fd = Libc.Open(above, Libc.O_PATH | Libc.O_DIRECTORY | Libc.O_CLOEXEC, 0);
        var error = fd < 0 ? Libc.LastError : Descriptor.MoveUp(ref fd);
        if (error != 0)
        {
            _ = fd < 0 ? 0 : Libc.Close(fd);
            return error is Errno.ENOENT or Errno.ENOTDIR
                ? new NotFound($"the directory of output file '{named}'", "Make the directory first: only the file is made.")
                {
                    Thing = MissingThing.Path,
                }
                : Failed(named, error);
        }

        var directory = new SafeFileHandle(fd, ownsHandle: true);
        if (Descriptor.RealPath(fd) is not { } real)
        {
            directory.Dispose();
            return Refused(named, "its directory has no path that could be examined");
        }

        var path = string.Equals(real, "/", StringComparison.Ordinal) ? $"/{name}" : $"{real}/{name}";
        var trust = TrustedPath.Examine(path);
        var isThere = trust.IsTrusted;
        if (!isThere && !(trust.IsMissing && string.Equals(trust.Component, path, StringComparison.Ordinal)))
        {
            directory.Dispose();
            return Refused(named, trust.Describe());
        }

        if (isThere && FileStatus.Read(path, out var status) == 0 && Flaw(status) is { } flaw)
        {
            directory.Dispose();
            return Refused(named, flaw);
        }

        return new HeldFile(config, directory, name, path);
    }

    /// <summary>Opens it for appending, made with its mode where it is not there.</summary>
    /// <param name="file">The open file, its number at least 3, close-on-exec, writes never answering EAGAIN.</param>
    /// <returns>Null, or why not.</returns>
    internal OperationError? Open(out SafeFileHandle file)
    {
        file = null!;
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            var error = OpenExisting(Directory, _name, out var opened);
            if (error == Errno.ENOENT)
            {
                error = Create(Directory, _name, Config.FileMode ?? StandardOutputConfig.DefaultFileMode, out opened);
            }

            if (error is Errno.EEXIST or Errno.ENOENT)
            {
                // Somebody of ours makes and removes it; the next look finds it in either state.
                continue;
            }

            if (error != 0)
            {
                return Failed(Path, error);
            }

            error = FileStatus.Read(opened!, out var status);
            if (error != 0 || Flaw(status) is not null)
            {
                opened!.Dispose();
                return error != 0 ? Failed(Path, error) : Refused(Path, Flaw(status)!);
            }

            file = opened!;
            return null;
        }

        return Failed(Path, Errno.EEXIST);
    }

    /// <summary>Makes it anew, in a directory where nothing is under the name.</summary>
    /// <returns>The error number, or 0.</returns>
    internal static int Create(SafeFileHandle directory, string name, int mode, out SafeFileHandle? file)
    {
        var error = OpenAt(directory, name, OpenFlags | Libc.O_CREAT | Libc.O_EXCL, mode, out file);
        if (error == 0 && Libc.Fchmod((int)file!.DangerousGetHandle(), mode) < 0)
        {
            error = Libc.LastError;
            file.Dispose();
            file = null;
        }

        return error;
    }

    public void Dispose() => Directory.Dispose();

    /// <summary>For an error number met while it is opened or made.</summary>
    internal static OperationError Failed(string path, int error) =>
        error switch
        {
            Errno.EACCES or Errno.EPERM or Errno.EROFS => new PermissionRefused(
                $"output to '{path}' ({Errno.Name(error)})",
                "Name a file that the host's account may write to (open(2))."
            ),
            Errno.ELOOP => Refused(path, "it is a symbolic link"),
            Errno.ENXIO or Errno.EISDIR => Refused(path, "it is no regular file"),
            _ => new OperationFailed(
                "output_file_failed",
                $"Output file '{path}' can't be opened ({Errno.Name(error)}).",
                "See the error's name in open(2)."
            ),
        };

    private static int OpenExisting(SafeFileHandle directory, string name, out SafeFileHandle? file) =>
        OpenAt(directory, name, OpenFlags, 0, out file);

    private static int OpenAt(SafeFileHandle directory, string name, int flags, int mode, out SafeFileHandle? file)
    {
        file = null;
        var fd = Libc.OpenAt((int)directory.DangerousGetHandle(), name, flags, mode);
        if (fd < 0)
        {
            return Libc.LastError;
        }

        var error = Descriptor.MoveUp(ref fd);
        // Only for the opening, which a FIFO would hold up: the child, too, has this flag.
        if (error == 0 && Libc.Fcntl(fd, Libc.F_SETFL, Libc.O_APPEND) < 0)
        {
            error = Libc.LastError;
        }

        if (error != 0)
        {
            _ = Libc.Close(fd);
            return error;
        }

        file = new SafeFileHandle(fd, ownsHandle: true);
        return 0;
    }

    private static string? Flaw(in FileStatus status) =>
        !status.IsRegular ? "it is no regular file"
        : status.OwnerUid != 0 && status.OwnerUid != Libc.GetEuid() ? $"it belongs to uid {status.OwnerUid}"
        : (status.Permissions & GroupOrOtherWrite) != 0 ? "it is writable by group or others"
        : status.Links != 1 ? "it has another name too (a hard link)"
        : null;

    private static PermissionRefused Refused(string path, string why) =>
        new(
            $"output to '{path}', since {why}",
            "Name a regular file, or a new one, in a directory where only you and root can write (knowledge/trusted-paths.md)."
        );
}
