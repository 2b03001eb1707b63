using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Osl.Security.Audit;

/// <summary>
/// Keeps the newest checkpoint in a file: on another machine's file system, or a directory of another account. Whole at any time, and
/// on disk when it counts as kept. Whoever can write that file as well as the journal can forge both. A file that is there and holds
/// no checkpoint is never replaced: who may name the file could otherwise have the host overwrite any.
/// </summary>
public sealed class CheckpointFileSink : ICheckpointSink
{
    private readonly IJournalStorage _storage;
    private readonly string _path;

    /// <summary>Keeps it in this file.</summary>
    /// <param name="path">The file; its directory has to be there.</param>
    public CheckpointFileSink(string path)
        : this(path, JournalStorage.ForThisPlatform) { }

    internal CheckpointFileSink(string path, IJournalStorage storage) => (_path, _storage) = (Path.GetFullPath(path), storage);

    /// <inheritdoc/>
    public Task KeepAsync(AuditCheckpoint checkpoint, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        // A file system that hangs holds up a thread of the pool, and nobody else.
        return Task.Run(() => Keep(checkpoint, cancellationToken), cancellationToken);
    }

    private void Keep(AuditCheckpoint checkpoint, CancellationToken cancellationToken)
    {
        // Opened as the journal's own files are: a link is refused, and a FIFO does not wait for a writer.
        using (var there = _storage.Open(_path, write: false))
        {
            if (there is not null && !HoldsCheckpoint(there))
            {
                throw new IOException($"{_path} is there and holds no checkpoint");
            }
        }

        var bytes = Encoding.UTF8.GetBytes(checkpoint.ToString());
        JournalStorage.Keep(_storage, _path, file => _storage.Write(file, bytes, 0), replace: true, isPublic: true, cancellationToken);
    }

    private bool HoldsCheckpoint(SafeFileHandle file)
    {
        // One byte more than a checkpoint can have, so that nothing may follow it.
        var bytes = new byte[AuditCheckpoint.MaxLength + 1];
        return AuditCheckpoint.TryParse(bytes.AsSpan(0, _storage.Read(file, bytes, 0))) is not null;
    }
}
