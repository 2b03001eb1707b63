using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Osl.Executors.Linux;

/// <summary>
/// Whether the kernel itself runs a file, rather than handing its path to an interpreter: an ELF file for a processor that this one can
/// be. Anything else needs a path that means the same to the interpreter (binfmt_misc).
/// </summary>
internal static class NativeBinary
{
    private const int HeaderLength = 20;
    private const int MachineOffset = 18;
    private const int HeaderLength64 = 64;
    private const int ClassOffset = 4;
    private const int Class64 = 2;
    private const int TypeOffset = 16;

    // e_type, and the length of an entry in the program's table.
    private const ushort Executable = 2;
    private const ushort Shared = 3;
    private const int EntryLength32 = 32;
    private const int EntryLength64 = 56;

    // e_machine, elf.h.
    private const ushort Intel386 = 3;
    private const ushort Arm = 40;
    private const ushort X64 = 62;
    private const ushort Arm64 = 183;

    /// <summary>
    /// Whether a file that passes for one has a header that the kernel takes: who executes it for us, a shell, would take it for a script
    /// otherwise (execve(2), ENOEXEC).
    /// </summary>
    /// <param name="path">The file.</param>
    internal static bool IsWhole(string path)
    {
        Span<byte> header = stackalloc byte[HeaderLength64];
        long length;
        try
        {
            using var file = File.OpenHandle(path);
            length = RandomAccess.GetLength(file);
            if (RandomAccess.Read(file, header, 0) < header.Length)
            {
                return false;
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }

        var is64 = header[ClassOffset] == Class64;
        var type = BinaryPrimitives.ReadUInt16LittleEndian(header[TypeOffset..]);
        var table = is64 ? BinaryPrimitives.ReadInt64LittleEndian(header[32..]) : BinaryPrimitives.ReadUInt32LittleEndian(header[28..]);
        var size = BinaryPrimitives.ReadUInt16LittleEndian(header[(is64 ? 54 : 42)..]);
        var count = BinaryPrimitives.ReadUInt16LittleEndian(header[(is64 ? 56 : 44)..]);
        return Is(header)
            && type is Executable or Shared
            && size == (is64 ? EntryLength64 : EntryLength32)
            && count > 0
            && table > 0
            && table + ((long)size * count) <= length;
    }

    /// <param name="header">The first bytes of the file.</param>
    internal static bool Is(ReadOnlySpan<byte> header) =>
        header.Length >= HeaderLength
        && header.StartsWith("\u007fELF"u8)
        && BinaryPrimitives.ReadUInt16LittleEndian(header[MachineOffset..]) is var machine
        && RuntimeInformation.ProcessArchitecture switch
        {
            Architecture.X64 => machine is X64 or Intel386,
            Architecture.Arm64 => machine is Arm64 or Arm,
            _ => false,
        };
}
