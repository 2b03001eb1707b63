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

    // e_machine, elf.h.
    private const ushort Intel386 = 3;
    private const ushort Arm = 40;
    private const ushort X64 = 62;
    private const ushort Arm64 = 183;

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
