using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Osl.Interop.Linux;

internal static partial class Libc
{
    private const int AtEmptyPath = 0x1000;
    private const uint StatxBasicStats = 0x7ff;

    /// <summary>Owner, mode and link count of an open file, by statx(2): its struct is the same on every architecture.</summary>
    /// <returns>0, or -1 with errno.</returns>
    internal static int StatxDescriptor(SafeFileHandle fd, out FileOwnership ownership)
    {
        var result = Statx(fd, "", AtEmptyPath, StatxBasicStats, out var raw);
        ownership = new FileOwnership(raw.Uid, raw.Mode, raw.Links);
        return result;
    }

    [LibraryImport(Library, EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Statx(SafeFileHandle directory, string path, int flags, uint mask, out StatxHead buffer);

    /// <summary>Who owns a file, and who may do what with it.</summary>
    /// <param name="Uid">The owner.</param>
    /// <param name="Mode">st_mode: type and permission bits.</param>
    /// <param name="Links">How many names it has; 0 once it was deleted.</param>
    [StructLayout(LayoutKind.Auto)]
    internal readonly record struct FileOwnership(uint Uid, ushort Mode, uint Links)
    {
        private const int TypeMask = 0xF000;

        internal bool IsDirectory => (Mode & TypeMask) == 0x4000;

        internal bool IsRegular => (Mode & TypeMask) == 0x8000;

        internal bool IsWritableByOthers => (Mode & 0x12) != 0;
    }

    /// <summary>The first members of struct statx; the kernel fills 256 bytes.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    private struct StatxHead
    {
        [FieldOffset(16)]
        internal uint Links;

        [FieldOffset(20)]
        internal uint Uid;

        [FieldOffset(28)]
        internal ushort Mode;
    }
}
