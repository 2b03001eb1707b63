using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Osl.Interop.Linux;

/// <summary>What stat(2) says of a file.</summary>
/// <param name="Device">Its device, encoded as glibc's dev_t.</param>
/// <param name="Inode">Its inode.</param>
/// <param name="OwnerUid">Its owner.</param>
/// <param name="FullMode">Type and permission bits.</param>
/// <param name="Links">How many names it has; 0 when it was removed.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct FileStatus(long Device, long Inode, uint OwnerUid, int FullMode, uint Links)
{
    private const uint BasicStats = 0x7ff;

    internal bool IsRegular => (FullMode & 0xF000) == 0x8000;

    internal bool IsDirectory => (FullMode & 0xF000) == 0x4000;

    internal bool IsSymlink => (FullMode & 0xF000) == 0xA000;

    /// <summary>The permission bits, set-uid, set-gid and sticky included.</summary>
    internal int Permissions => FullMode & 0xFFF;

    /// <summary>Reads an open file, also one opened with O_PATH.</summary>
    /// <returns>The error number, or 0.</returns>
    internal static int Read(int fd, out FileStatus status) => Read(fd, "\0"u8, Libc.AT_EMPTY_PATH, out status);

    /// <summary>Reads what has a name: the link itself where that is a symbolic link.</summary>
    /// <returns>The error number, or 0.</returns>
    internal static int Read(string path, out FileStatus status)
    {
        var bytes = new byte[Encoding.UTF8.GetByteCount(path) + 1];
        _ = Encoding.UTF8.GetBytes(path, bytes);
        return Read(Libc.AT_FDCWD, bytes, Libc.AT_SYMLINK_NOFOLLOW, out status);
    }

    /// <summary>Whether it is the same file, perhaps under another name.</summary>
    internal bool IsSameFile(in FileStatus other) => Inode == other.Inode && Device == other.Device;

    private static unsafe int Read(int directory, ReadOnlySpan<byte> path, int flags, out FileStatus status)
    {
        Span<byte> buffer = stackalloc byte[256];
        status = default;
        fixed (byte* name = path)
        fixed (byte* start = buffer)
        {
            if (Libc.Statx(directory, name, flags, BasicStats, start) < 0)
            {
                return Libc.LastError;
            }
        }

        ulong major = BinaryPrimitives.ReadUInt32LittleEndian(buffer[136..]);
        ulong minor = BinaryPrimitives.ReadUInt32LittleEndian(buffer[140..]);
        status = new FileStatus(
            (long)(((major & 0xfffff000) << 32) | ((major & 0xfff) << 8) | ((minor & 0xffffff00) << 12) | (minor & 0xff)),
            BinaryPrimitives.ReadInt64LittleEndian(buffer[32..]),
            BinaryPrimitives.ReadUInt32LittleEndian(buffer[20..]),
            BinaryPrimitives.ReadUInt16LittleEndian(buffer[28..]),
            BinaryPrimitives.ReadUInt32LittleEndian(buffer[16..])
        );
        return 0;
    }

    /// <summary>Reads an open file.</summary>
    /// <returns>The error number, or 0.</returns>
    internal static int Read(SafeFileHandle file, out FileStatus status)
    {
        var added = false;
        try
        {
            file.DangerousAddRef(ref added);
            return Read((int)file.DangerousGetHandle(), out status);
        }
        finally
        {
            if (added)
            {
                file.DangerousRelease();
            }
        }
    }

    /// <summary>Whether the effective uid may execute an open file, or search an open directory.</summary>
    /// <returns>The error number, or 0.</returns>
    internal static unsafe int CheckExecutable(int fd)
    {
        byte empty = 0;
        if (Libc.Faccessat2(fd, &empty, Libc.X_OK, Libc.AT_EACCESS | Libc.AT_EMPTY_PATH) == 0)
        {
            return 0;
        }

        // Before Linux 5.8, and under some seccomp filters, there is only access(2), which judges by the real uid; a host whose
        // effective uid differs from it is not supported (set-uid programs never are).
        var error = Libc.LastError;
        return error is Errno.ENOSYS or Errno.EPERM
            ? Libc.Access(Descriptor.ProcPath(fd), Libc.X_OK) == 0
                ? 0
                : Libc.LastError
            : error;
    }
}
