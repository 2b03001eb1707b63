using System.Globalization;
using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;
using Osl.Interop.Files;
using Osl.Interop.Linux;

namespace Osl.Security.Audit;

/// <summary>The journal's files on Linux.</summary>
/// <remarks>
/// The lock is two bytes of LOCK. Byte 0 is the lock; byte 1 is a turnstile that is held only while waiting for byte 0. Without it
/// a busy process would take the lock again before those whom its release woke have run, and starve them; with it, the one in the
/// turnstile is next. Neither is polled.
/// </remarks>
[SupportedOSPlatform("linux")]
internal sealed class LinuxJournalStorage : IJournalStorage
{
    private const string BootIdPath = "/proc/sys/kernel/random/boot_id";
    private const int OwnerOnly = 0x180; // 0600
    private const int ByUmask = 0x1B6; // 0666

    public UInt128 Boot { get; } = ReadBoot();

    public long User => Libc.GetEuid();

    public string? Prepare(string directory)
    {
        try
        {
            var trust = TrustedPath.Examine(directory);
            if (trust.IsMissing)
            {
                MakeDirectory(directory);
                trust = TrustedPath.Examine(directory);
            }

            return trust.IsTrusted ? Unfit(directory) : Distrusted(trust);
        }
        catch (Exception failure) when (JournalStorage.IsFailure(failure))
        {
            return $"{directory} can't be made: {failure.Message}";
        }
    }

    public SafeFileHandle? Open(string path, bool write)
    {
        var handle = OpenHandle(path, (write ? Libc.O_RDWR : Libc.O_RDONLY) | Libc.O_NOFOLLOW | Libc.O_NONBLOCK, out var errno);
        return handle is not null ? Checked(handle, path)
            : errno == Errno.ENOENT ? null
            : throw Failure("opening", path, errno);
    }

    public SafeFileHandle OpenOrCreate(string path) =>
        Checked(
            OpenHandle(path, Libc.O_RDWR | Libc.O_CREAT | Libc.O_NOFOLLOW | Libc.O_NONBLOCK, out var errno)
                ?? throw Failure("opening", path, errno),
            path
        );

    public SafeFileHandle CreateNew(string path, bool isPublic = false) =>
        OpenHandle(path, Libc.O_RDWR | Libc.O_CREAT | Libc.O_EXCL | Libc.O_NOFOLLOW, out var errno, isPublic ? ByUmask : OwnerOnly)
        ?? throw Failure("creating", path, errno);

    public IEnumerable<string> List(string directory) => Directory.EnumerateFiles(directory).Select(path => Path.GetFileName(path));

    public long Length(SafeFileHandle file) => RandomAccess.GetLength(file);

    public int Read(SafeFileHandle file, Span<byte> buffer, long offset) => JournalStorage.ReadFully(file, buffer, offset);

    public void Write(SafeFileHandle file, ReadOnlySpan<byte> data, long offset) => RandomAccess.Write(file, data, offset);

    public void Sync(SafeFileHandle file)
    {
        // Not RandomAccess.FlushToDisk: it forgives some errors. EINTR is not retried either: what was synced then is not known.
        if (Libc.Fdatasync(file) != 0)
        {
            throw Failure("syncing", "the segment", Libc.LastError);
        }
    }

    public void Rename(string from, string to)
    {
        if (Libc.RenameAt2(Libc.AT_FDCWD, from, Libc.AT_FDCWD, to, Libc.RENAME_NOREPLACE) == 0)
        {
            return;
        }

        var errno = Libc.LastError;
        if (errno is not (Errno.EINVAL or Errno.ENOSYS) || Path.Exists(to))
        {
            throw Failure("renaming", from, errno);
        }

        // A file system without RENAME_NOREPLACE. Whoever gets here holds the lock, so nobody makes the name in between.
        Replace(from, to);
    }

    public void Replace(string from, string to)
    {
        if (Libc.RenameAt2(Libc.AT_FDCWD, from, Libc.AT_FDCWD, to, 0) != 0)
        {
            throw Failure("renaming", from, Libc.LastError);
        }
    }

    public void SyncDirectory(string directory)
    {
        using var handle =
            OpenHandle(directory, Libc.O_RDONLY | Libc.O_DIRECTORY, out var errno) ?? throw Failure("opening", directory, errno);
        if (Libc.Fsync(handle) != 0)
        {
            throw Failure("syncing", directory, Libc.LastError);
        }
    }

    public void Delete(string path) => File.Delete(path);

    public bool TryLock(SafeFileHandle file)
    {
        var errno = FileLock.Take(file, wait: false, start: 0, length: 2);
        if (errno == Errno.EAGAIN)
        {
            return false;
        }

        Check(errno);
        Check(FileLock.Release(file, 1, 1));
        return true;
    }

    public void Lock(SafeFileHandle file)
    {
        Check(FileLock.Take(file, wait: true, start: 1, length: 1));
        try
        {
            Check(FileLock.Take(file, wait: true, start: 0, length: 1));
        }
        finally
        {
            Check(FileLock.Release(file, 1, 1));
        }
    }

    public void Unlock(SafeFileHandle file) => Check(FileLock.Release(file, 0, 1));

    /// <summary>Why a directory on a trusted path is not used: it must be one, and ours rather than root's.</summary>
    private static string? Unfit(string directory)
    {
        using var handle = OpenHandle(directory, Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_NOFOLLOW, out var errno);
        if (handle is null)
        {
            return errno is Errno.ENOTDIR or Errno.ELOOP
                ? $"'{directory}' is no directory"
                : $"'{directory}' can't be opened ({Errno.Name(errno)})";
        }

        var error = FileStatus.Read(handle, out var status);
        return error != 0 ? $"'{directory}' can't be examined ({Errno.Name(error)})"
            : status.OwnerUid != Libc.GetEuid()
                ? string.Create(
                    CultureInfo.InvariantCulture,
                    $"'{directory}' belongs to uid {status.OwnerUid}, not to uid {Libc.GetEuid()}"
                )
            : null;
    }

    /// <summary>What lets somebody else put another directory, or other files, in the journal's place, and what to do about it.</summary>
    private static string Distrusted(PathTrust trust) =>
        trust.Problem switch
        {
            PathProblem.WritableByOthers => $"{trust.Describe()}; take that from them (chmod go-w), or choose another directory",
            PathProblem.ForeignOwner => string.Create(
                CultureInfo.InvariantCulture,
                $"{trust.Describe()}, neither root nor uid {Libc.GetEuid()}; choose another directory"
            ),
            PathProblem.Symlink => $"{trust.Describe()}; name the directory that is meant",
            _ => trust.Describe(),
        };

    private static void MakeDirectory(string directory)
    {
        OwnerDirectory.Make(directory);
        if (Path.GetDirectoryName(directory) is { Length: > 0 } parent)
        {
            using var handle = OpenHandle(parent, Libc.O_RDONLY | Libc.O_DIRECTORY, out _);
            // A parent that may be searched but not read can't be synced; the directory is there all the same.
            if (handle is not null && Libc.Fsync(handle) != 0)
            {
                throw Failure("syncing", parent, Libc.LastError);
            }
        }
    }

    private static SafeFileHandle? OpenHandle(string path, int flags, out int errno, int mode = OwnerOnly)
    {
        int fd;
        do
        {
            fd = Libc.Open(path, flags | Libc.O_CLOEXEC | Libc.O_NOCTTY, mode);
            errno = fd < 0 ? Libc.LastError : 0;
        } while (errno == Errno.EINTR);

        return fd < 0 ? null : new SafeFileHandle(fd, ownsHandle: true);
    }

    private static SafeFileHandle Checked(SafeFileHandle handle, string path)
    {
        if (FileStatus.Read(handle, out var status) == 0 && status.IsRegular)
        {
            return handle;
        }

        handle.Dispose();
        throw new IOException($"{path} is not a regular file");
    }

    private static void Check(int lockError)
    {
        if (lockError != 0)
        {
            throw Failure("locking", "LOCK", lockError);
        }
    }

    private static UInt128 ReadBoot()
    {
        try
        {
            return Guid.TryParse(File.ReadAllText(BootIdPath).AsSpan().Trim(), out var boot)
                ? UInt128.Parse(boot.ToString("N"), NumberStyles.HexNumber, CultureInfo.InvariantCulture)
                : 0;
        }
        catch (Exception failure) when (JournalStorage.IsFailure(failure))
        {
            return 0; // Without /proc no hint is believed: slower, and still right.
        }
    }

    private static IOException Failure(string doing, string what, int errno) => new($"{doing} {what} failed ({Errno.Name(errno)})", errno);
}
