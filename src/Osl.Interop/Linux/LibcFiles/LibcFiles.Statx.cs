using System.Runtime.InteropServices;

namespace Osl.Interop.Linux;

internal static partial class LibcFiles
{
    internal const int AT_SYMLINK_NOFOLLOW = 0x100;
    internal const int AT_EMPTY_PATH = 0x1000;

    /// <summary>STATX_BASIC_STATS: what stat(2) fills in.</summary>
    internal const uint STATX_BASIC_STATS = 0x7ff;

    /// <summary>statx(2). Chosen over stat(2) because its structure is the same on every architecture.</summary>
    [LibraryImport(Library, EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    internal static partial int Statx(int directory, string path, int flags, uint mask, out FileStatus status);

    /// <summary>struct statx, as far as it is used here.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    internal struct FileStatus
    {
        /// <summary>Which fields are filled in.</summary>
        [FieldOffset(0x00)]
        internal uint Mask;

        /// <summary>Number of names; 0 when the file was unlinked.</summary>
        [FieldOffset(0x10)]
        internal uint Links;

        [FieldOffset(0x14)]
        internal uint Uid;

        [FieldOffset(0x18)]
        internal uint Gid;

        /// <summary>Type and permission bits.</summary>
        [FieldOffset(0x1c)]
        internal ushort Mode;

        [FieldOffset(0x20)]
        internal ulong Inode;

        [FieldOffset(0x28)]
        internal ulong Size;

        [FieldOffset(0x88)]
        internal uint DeviceMajor;

        [FieldOffset(0x8c)]
        internal uint DeviceMinor;

        internal readonly bool IsRegular => (Mode & 0xF000) == 0x8000;

        internal readonly bool IsDirectory => (Mode & 0xF000) == 0x4000;

        internal readonly bool IsSymlink => (Mode & 0xF000) == 0xA000;

        /// <summary>Permission bits with set-uid, set-gid and sticky.</summary>
        internal readonly int Permissions => Mode & 0xFFF;

        internal readonly bool IsSameFile(in FileStatus other) =>
            Inode == other.Inode && DeviceMajor == other.DeviceMajor && DeviceMinor == other.DeviceMinor;
    }
}
