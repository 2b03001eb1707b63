using Microsoft.Win32.SafeHandles;

namespace Osl.Security.Audit;

/// <summary>
/// What the journal asks of the operating system: the seam behind which Linux-only calls live, and through which tests make any
/// single call fail. Failures are <see cref="IOException"/> or <see cref="UnauthorizedAccessException"/>.
/// </summary>
internal interface IJournalStorage
{
    /// <summary>Names this boot of the machine; 0 when that is not known, and then no hint is believed.</summary>
    UInt128 Boot { get; }

    /// <summary>The user this process acts as; -1 where there are none.</summary>
    long User { get; }

    /// <summary>Makes the directory, or looks at the one that is there.</summary>
    /// <returns>Why it is not used; null when it is.</returns>
    string? Prepare(string directory);

    /// <summary>Opens a file to read and, if asked, to write. Never follows a symlink.</summary>
    /// <returns>Null when there is no such file.</returns>
    SafeFileHandle? Open(string path, bool write);

    /// <summary>Opens a file to read and write, and makes it (0600) if need be. Never follows a symlink.</summary>
    SafeFileHandle OpenOrCreate(string path);

    /// <summary>Makes a file that must not be there yet: 0600, or for others to read as the umask, or the directory, has it.</summary>
    SafeFileHandle CreateNew(string path, bool isPublic = false);

    /// <summary>Names in the directory.</summary>
    IEnumerable<string> List(string directory);

    /// <summary>How long the file is.</summary>
    long Length(SafeFileHandle file);

    /// <summary>Reads until the buffer is full or the file ends; how much.</summary>
    int Read(SafeFileHandle file, Span<byte> buffer, long offset);

    /// <summary>Writes all of it, or throws; then part of it may be written.</summary>
    void Write(SafeFileHandle file, ReadOnlySpan<byte> data, long offset);

    /// <summary>Makes the file's data durable. After a failure it must not be asked again for the same data.</summary>
    void Sync(SafeFileHandle file);

    /// <summary>Gives a file its name; refuses when there is one of that name.</summary>
    void Rename(string from, string to);

    /// <summary>Gives a file its name, and takes that from the file that has it.</summary>
    void Replace(string from, string to);

    /// <summary>Makes the names in a directory durable.</summary>
    void SyncDirectory(string directory);

    /// <summary>Removes a file if it is there.</summary>
    void Delete(string path);

    /// <summary>Takes the lock if it is free and nobody waits for it.</summary>
    bool TryLock(SafeFileHandle file);

    /// <summary>Takes the lock, in turn, however long that takes.</summary>
    void Lock(SafeFileHandle file);

    /// <summary>Gives the lock back.</summary>
    void Unlock(SafeFileHandle file);
}

/// <summary>Chooses the storage of this platform.</summary>
internal static class JournalStorage
{
    internal static IJournalStorage ForThisPlatform { get; } =
        OperatingSystem.IsLinux() ? new LinuxJournalStorage()
        : OperatingSystem.IsWindows() ? new WindowsJournalStorage()
        : new PortableJournalStorage();

    /// <summary>Whether this is a failure of the storage, as opposed to a mistake in the program.</summary>
    internal static bool IsFailure(Exception exception) => exception is IOException or UnauthorizedAccessException;

    /// <summary>
    /// Makes a file that is whole whenever it is there: written and synced under another name, renamed, and the directory synced. On
    /// disk when this returns; where it throws, nothing new is left behind, if that can be helped.
    /// </summary>
    /// <param name="storage">The storage.</param>
    /// <param name="path">Its name.</param>
    /// <param name="write">Writes what is in it.</param>
    /// <param name="replace">Whether it takes the place of one of that name; else that is a failure.</param>
    /// <param name="isPublic">Whether others may read it.</param>
    /// <param name="cancellationToken">Looked at before it gets its name.</param>
    internal static void Keep(
        IJournalStorage storage,
        string path,
        Action<SafeFileHandle> write,
        bool replace = false,
        bool isPublic = false,
        CancellationToken cancellationToken = default
    )
    {
        var temporary = $"{path}.{Guid.NewGuid():N}.tmp";
        try
        {
            using (var file = storage.CreateNew(temporary, isPublic))
            {
                write(file);
                storage.Sync(file);
            }

            cancellationToken.ThrowIfCancellationRequested();
            if (replace)
            {
                storage.Replace(temporary, path);
            }
            else
            {
                storage.Rename(temporary, path);
            }
        }
        catch
        {
            Discard(storage, temporary);
            throw;
        }

        storage.SyncDirectory(Path.GetDirectoryName(path)!);
    }

    private static void Discard(IJournalStorage storage, string temporary)
    {
        try
        {
            storage.Delete(temporary);
        }
        catch (Exception failure) when (IsFailure(failure))
        {
            // What went wrong before is what is told.
        }
    }

    /// <summary>Reads until the buffer is full or the file ends.</summary>
    internal static int ReadFully(SafeFileHandle file, Span<byte> buffer, long offset)
    {
        var total = 0;
        while (total < buffer.Length)
        {
            var count = RandomAccess.Read(file, buffer[total..], offset + total);
            if (count == 0)
            {
                break;
            }

            total += count;
        }

        return total;
    }
}
