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

    /// <summary>Makes a file (0600) that must not be there yet.</summary>
    SafeFileHandle CreateNew(string path);

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
