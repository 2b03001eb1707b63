using Microsoft.Win32.SafeHandles;

namespace Osl.Security.Audit;

/// <summary>Makes a segment: under a temporary name until it is whole and on disk. Under the lock.</summary>
internal sealed class SegmentCreator(IJournalStorage storage, string directory, AuditJournalOptions options)
{
    private static readonly byte[] Zeros = new byte[256 * 1024];

    private readonly string _temporary = Path.Combine(directory, JournalFormat.TemporaryName);

    /// <summary>Makes one with this header.</summary>
    /// <param name="header">Its header.</param>
    /// <param name="allocated">How far it is filled with zeros.</param>
    internal SafeFileHandle Create(SegmentHeader header, out long allocated)
    {
        storage.Delete(_temporary); // Of somebody who died here.
        var file = storage.CreateNew(_temporary);
        try
        {
            var buffer = new byte[JournalFormat.HeaderSize];
            header.Write(buffer);
            storage.Write(file, buffer, 0);
            allocated = Math.Clamp((long)options.ZeroAhead, JournalFormat.HeaderSize, options.SegmentSize);
            WriteZeros(file, JournalFormat.HeaderSize, allocated);
            storage.Sync(file);
            storage.Rename(_temporary, Path.Combine(directory, JournalFormat.SegmentName(header.Number)));
            storage.SyncDirectory(directory);
            return file;
        }
        catch
        {
            file.Dispose();
            Discard();
            throw;
        }
    }

    internal void WriteZeros(SafeFileHandle file, long from, long to)
    {
        for (var at = from; at < to; at += Zeros.Length)
        {
            storage.Write(file, Zeros.AsSpan(0, (int)Math.Min(Zeros.Length, to - at)), at);
        }
    }

    private void Discard()
    {
        try
        {
            storage.Delete(_temporary);
        }
        catch (Exception failure) when (JournalStorage.IsFailure(failure))
        {
            // The next attempt begins by deleting it, and will then say what is wrong.
        }
    }
}
