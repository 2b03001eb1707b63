using System.Text;

namespace Osl.Security.Audit;

/// <summary>
/// Keeps the newest checkpoint in a file: on another machine's file system, or a directory of another account. Whole at any time, and
/// on disk when it counts as kept. Whoever can write that file as well as the journal can forge both.
/// </summary>
/// <param name="path">The file; its directory has to be there.</param>
public sealed class CheckpointFileSink(string path) : ICheckpointSink
{
    private readonly string _path = Path.GetFullPath(path);

    /// <inheritdoc/>
    public Task KeepAsync(AuditCheckpoint checkpoint, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        // A file system that hangs holds up a thread of the pool, and nobody else.
        return Task.Run(() => Keep(checkpoint, cancellationToken), cancellationToken);
    }

    private void Keep(AuditCheckpoint checkpoint, CancellationToken cancellationToken)
    {
        var temporary = $"{_path}.{Guid.NewGuid():N}.tmp";
        try
        {
            using (var file = File.OpenHandle(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.Read))
            {
                RandomAccess.Write(file, Encoding.UTF8.GetBytes(checkpoint.ToString()), 0);
                RandomAccess.FlushToDisk(file);
            }

            cancellationToken.ThrowIfCancellationRequested();
            File.Move(temporary, _path, overwrite: true);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
    }
}
