using Microsoft.Win32.SafeHandles;
using Osl.Interop.Linux;

namespace Osl.Interop.Files;

/// <summary>
/// Opens what has to be a regular file, and never waits for anybody: the opening of a FIFO waits for a writer (fifo(7)), who may never come. So it is
/// opened without waiting (O_NONBLOCK, of no effect on regular files), and looked at afterwards, what was opened and not what the name says.
/// </summary>
internal static class RegularFile
{
    /// <summary>Opens one to read it.</summary>
    /// <param name="path">Its path; symbolic links are followed.</param>
    /// <exception cref="NotRegularFileException">It is a FIFO, a device, a socket or a directory.</exception>
    /// <exception cref="FileNotFoundException">It is not there.</exception>
    /// <exception cref="IOException">It can't be opened.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be opened.</exception>
    internal static SafeFileHandle OpenToRead(string path)
    {
        if (!OperatingSystem.IsLinux())
        {
            return File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.Read);
        }

        var handle = TryOpen(path, Libc.O_RDONLY, out _, out var errno);
        return handle
            ?? throw errno switch
            {
                0 => new NotRegularFileException(path),
                Errno.ENOENT => new FileNotFoundException("There is no such file.", path),
                Errno.ENOTDIR => new DirectoryNotFoundException($"{path}: a part of the path is no directory."),
                Errno.EACCES or Errno.EPERM => new UnauthorizedAccessException($"{path}: {Errno.Name(errno)}"),
                // A socket, or a FIFO without a reader that is opened to write (open(2)).
                Errno.ENXIO => new NotRegularFileException(path),
                _ => new IOException($"{path}: {Errno.Name(errno)}"),
            };
    }

    /// <summary>Opens one on Linux.</summary>
    /// <param name="path">Its path.</param>
    /// <param name="flags">As of open(2), beside those that keep it from waiting.</param>
    /// <param name="status">What it is.</param>
    /// <param name="errno">Why it could not be opened; 0 where it could, and is no regular file.</param>
    internal static SafeFileHandle? TryOpen(string path, int flags, out FileStatus status, out int errno)
    {
        status = default;
        var fd = Libc.Open(path, flags | Libc.O_NONBLOCK | Libc.O_NOCTTY | Libc.O_CLOEXEC, 0);
        if (fd < 0)
        {
            errno = Libc.LastError;
            return null;
        }

        var handle = new SafeFileHandle(fd, ownsHandle: true);
        errno = FileStatus.Read(handle, out status);
        if (errno == 0 && status.IsRegular)
        {
            return handle;
        }

        handle.Dispose();
        return null;
    }
}

/// <summary>What was to be read is no regular file.</summary>
/// <param name="path">Its path.</param>
internal sealed class NotRegularFileException(string path) : IOException($"{path} is no regular file.");
