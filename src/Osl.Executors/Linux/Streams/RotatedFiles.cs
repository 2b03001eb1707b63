using Osl.Operations;

namespace Osl.Executors.Linux;

/// <summary>
/// The rotated files of this host, each open once: both streams of a process, and one process after the other, write to the same.
/// </summary>
internal sealed class RotatedFiles
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, (RotatedFile File, int Users)> _open = new(StringComparer.Ordinal);

    /// <summary>Opens a file or shares the open one; for <see cref="Release"/>.</summary>
    internal OperationError? Acquire(HeldFile held, out RotatedFile file)
    {
        lock (_gate)
        {
            if (_open.TryGetValue(held.Path, out var entry))
            {
                file = entry.File;
                if (!file.IsAs(held.Config))
                {
                    return new OperationFailed(
                        "output_file_in_use",
                        $"Output file '{held.Path}' is being written already, with another mode or rotation.",
                        "Name the same mode, size and count, or another file."
                    );
                }

                _open[held.Path] = (file, entry.Users + 1);
                return null;
            }

            if (RotatedFile.Open(held, out file) is { } failed)
            {
                return failed;
            }

            _open[held.Path] = (file, 1);
            return null;
        }
    }

    internal void Release(RotatedFile file)
    {
        lock (_gate)
        {
            var users = _open[file.Path].Users - 1;
            if (users > 0)
            {
                _open[file.Path] = (file, users);
                return;
            }

            _open.Remove(file.Path);
            file.Dispose();
        }
    }
}
