using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;
using Osl.Interop.Files;
using Osl.Interop.Windows;

namespace Osl.Security.Audit;

/// <summary>The journal's files on Windows (knowledge/journal-on-windows.md).</summary>
/// <remarks>
/// The lock is two locked bytes of LOCK, as on Linux and for the same reason: byte 0 is the lock, byte 1 a turnstile that is held
/// only while waiting for byte 0, so that whoever waits is next.
/// </remarks>
[SupportedOSPlatform("windows")]
internal sealed class WindowsJournalStorage : IJournalStorage
{
    private const int LockByte = 0;
    private const int Turnstile = 1;
    private const uint ReadWrite = Kernel32.GENERIC_READ | Kernel32.GENERIC_WRITE;

    public UInt128 Boot { get; } = (UInt128)SystemBoot.Identity;

    public long User => -1;

    public string? Prepare(string directory)
    {
        var trust = TrustedPath.Examine(directory);
        if (trust.IsMissing)
        {
            if (PrivateDirectory.Make(directory) is var error and not 0)
            {
                return $"'{directory}' can't be made ({Win32Error.Name(error)})";
            }

            trust = TrustedPath.Examine(directory);
        }

        return trust.IsTrusted ? Unfit(directory) : Distrusted(trust);
    }

    public SafeFileHandle? Open(string path, bool write)
    {
        var handle = OpenHandle(path, write ? ReadWrite : Kernel32.GENERIC_READ, Kernel32.OPEN_EXISTING, out var error);
        return handle is not null ? Checked(handle, path)
            : error is Win32Error.ERROR_FILE_NOT_FOUND or Win32Error.ERROR_PATH_NOT_FOUND ? null
            : throw Failure("opening", path, error);
    }

    public SafeFileHandle OpenOrCreate(string path) =>
        Checked(OpenHandle(path, ReadWrite, Kernel32.OPEN_ALWAYS, out var error) ?? throw Failure("opening", path, error), path);

    public SafeFileHandle CreateNew(string path, bool isPublic = false) =>
        WindowsFile.Open(
            path,
            ReadWrite,
            WindowsFile.ShareAll,
            Kernel32.CREATE_NEW,
            isPublic ? null : WindowsAccounts.PrivateFile,
            out var error
        ) ?? throw Failure("creating", path, error);

    public IEnumerable<string> List(string directory) => Directory.EnumerateFiles(directory).Select(path => Path.GetFileName(path));

    public long Length(SafeFileHandle file) => RandomAccess.GetLength(file);

    public int Read(SafeFileHandle file, Span<byte> buffer, long offset) => JournalStorage.ReadFully(file, buffer, offset);

    public void Write(SafeFileHandle file, ReadOnlySpan<byte> data, long offset) => RandomAccess.Write(file, data, offset);

    public void Sync(SafeFileHandle file)
    {
        if (!Kernel32.FlushFileBuffers(file))
        {
            throw Failure("syncing", "the segment", Win32Error.Last);
        }
    }

    // Never COPY_ALLOWED: one rename, or an error. It returns when it is on the disk.
    public void Rename(string from, string to) => Move(from, to, Kernel32.MOVEFILE_WRITE_THROUGH);

    public void Replace(string from, string to) => Move(from, to, Kernel32.MOVEFILE_WRITE_THROUGH | Kernel32.MOVEFILE_REPLACE_EXISTING);

    public void SyncDirectory(string directory)
    {
        // The rename was written through. Flushing the directory besides is what NTFS can do and other file systems need not.
        using var handle = OpenHandle(directory, ReadWrite, Kernel32.OPEN_EXISTING, out var error);
        if (handle is null)
        {
            throw Failure("opening", directory, error);
        }

        if (
            !Kernel32.FlushFileBuffers(handle)
            && Win32Error.Last is var failed
            && failed is not (Win32Error.ERROR_INVALID_FUNCTION or Win32Error.ERROR_NOT_SUPPORTED or Win32Error.ERROR_INVALID_PARAMETER)
        )
        {
            throw Failure("syncing", directory, failed);
        }
    }

    public void Delete(string path) => File.Delete(path);

    public bool TryLock(SafeFileHandle file)
    {
        if (!TryTake(file, Turnstile))
        {
            return false;
        }

        try
        {
            return TryTake(file, LockByte);
        }
        finally
        {
            Check(WindowsFileLock.Release(file, Turnstile));
        }
    }

    public void Lock(SafeFileHandle file)
    {
        Check(WindowsFileLock.Take(file, Turnstile, wait: true));
        try
        {
            Check(WindowsFileLock.Take(file, LockByte, wait: true));
        }
        finally
        {
            Check(WindowsFileLock.Release(file, Turnstile));
        }
    }

    public void Unlock(SafeFileHandle file) => Check(WindowsFileLock.Release(file, LockByte));

    private static void Move(string from, string to, uint flags)
    {
        if (!Kernel32.MoveFileEx(WindowsFile.Extended(from), WindowsFile.Extended(to), flags))
        {
            throw Failure("renaming", from, Win32Error.Last);
        }
    }

    private static bool TryTake(SafeFileHandle file, int number)
    {
        var error = WindowsFileLock.Take(file, number, wait: false);
        if (error is Win32Error.ERROR_LOCK_VIOLATION or Win32Error.ERROR_IO_PENDING)
        {
            return false;
        }

        Check(error);
        return true;
    }

    /// <summary>Why a directory on a trusted path is not used: it must be one, and ours rather than the system's.</summary>
    private static string? Unfit(string directory)
    {
        const uint access = Kernel32.READ_CONTROL | Kernel32.FILE_READ_ATTRIBUTES;
        using var handle = OpenHandle(directory, access, Kernel32.OPEN_EXISTING, out var error);
        if (handle is null)
        {
            return $"'{directory}' can't be opened ({Win32Error.Name(error)})";
        }

        error = WindowsFile.ReadAttributes(handle, out var attributes, out _);
        if (error == 0 && !attributes.HasFlag(FileAttributes.Directory))
        {
            return $"'{directory}' is no directory";
        }

        if (error != 0 || (error = FileSecurityReader.Read(handle, out var list)) != 0)
        {
            return $"'{directory}' can't be examined ({Win32Error.Name(error)})";
        }

        return WindowsAccounts.IsOurs(list.Owner)
            ? null
            : $"'{directory}' belongs to {WindowsAccounts.NameOf(list.Owner)}, not to {WindowsAccounts.NameOf(WindowsAccounts.User)}";
    }

    /// <summary>What lets somebody else put another directory, or other files, in the journal's place, and what to do about it.</summary>
    private static string Distrusted(PathTrust trust) =>
        trust.Problem switch
        {
            PathProblem.WritableByOthers => $"{trust.Describe()}; take that from them (icacls), or choose another directory",
            PathProblem.ForeignOwner or PathProblem.Remote => $"{trust.Describe()}; choose another directory",
            PathProblem.Symlink => $"{trust.Describe()}; name the directory that is meant",
            _ => trust.Describe(),
        };

    private static SafeFileHandle? OpenHandle(string path, uint access, uint disposition, out int error) =>
        WindowsFile.Open(path, access, WindowsFile.ShareAll, disposition, WindowsAccounts.PrivateFile, out error);

    private static SafeFileHandle Checked(SafeFileHandle handle, string path)
    {
        if (WindowsFile.IsRegular(handle))
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

    private static IOException Failure(string doing, string what, int error) =>
        new($"{doing} {what} failed ({Win32Error.Name(error)})", unchecked((int)0x80070000) | error);
}
