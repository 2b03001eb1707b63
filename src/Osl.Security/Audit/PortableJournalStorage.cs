using Microsoft.Win32.SafeHandles;

namespace Osl.Security.Audit;

/// <summary>
/// The journal's files where there is no lock of ours. They can be read and verified; appending is refused in
/// <see cref="Prepare"/>, because several processes could not be kept apart.
/// </summary>
internal sealed class PortableJournalStorage : IJournalStorage
{
    public UInt128 Boot => 0;

    public long User => -1;

    public string? Prepare(string directory) =>
        "this platform has no lock that the journal could use; only Linux and Windows are supported so far";

    public SafeFileHandle? Open(string path, bool write) =>
        File.Exists(path)
            ? File.OpenHandle(path, FileMode.Open, write ? FileAccess.ReadWrite : FileAccess.Read, FileShare.ReadWrite | FileShare.Delete)
            : null;

    public SafeFileHandle OpenOrCreate(string path) =>
        File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);

    public SafeFileHandle CreateNew(string path, bool isPublic = false) =>
        File.OpenHandle(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);

    public IEnumerable<string> List(string directory) => Directory.EnumerateFiles(directory).Select(path => Path.GetFileName(path));

    public long Length(SafeFileHandle file) => RandomAccess.GetLength(file);

    public int Read(SafeFileHandle file, Span<byte> buffer, long offset) => JournalStorage.ReadFully(file, buffer, offset);

    public void Write(SafeFileHandle file, ReadOnlySpan<byte> data, long offset) => RandomAccess.Write(file, data, offset);

    public void Sync(SafeFileHandle file) => RandomAccess.FlushToDisk(file);

    public void Rename(string from, string to) => File.Move(from, to, overwrite: false);

    public void Replace(string from, string to) => File.Move(from, to, overwrite: true);

    public void SyncDirectory(string directory)
    {
        // Names are durable with the volume's own journal where directories can't be synced.
    }

    public void Delete(string path) => File.Delete(path);

    public bool TryLock(SafeFileHandle file) => throw NotLockable();

    public void Lock(SafeFileHandle file) => throw NotLockable();

    public void Unlock(SafeFileHandle file) => throw NotLockable();

    private static IOException NotLockable() => new("this platform has no lock that the journal could use");
}
