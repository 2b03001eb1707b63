using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Osl.Interop.Linux;

/// <summary>
/// The layout of struct epoll_event: 32 bits of events and 64 of data, packed on x86-64 (12 bytes) and aligned elsewhere (16).
/// </summary>
internal static class EpollEvents
{
    private static readonly int DataOffset = RuntimeInformation.ProcessArchitecture is Architecture.X64 or Architecture.X86 ? 4 : 8;

    /// <summary>Room for one event on any architecture.</summary>
    internal const int MaxSize = 16;

    /// <summary>Bytes from one event to the next.</summary>
    internal static int Size => DataOffset + 8;

    internal static void Write(Span<byte> target, uint events, ulong data)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(target, events);
        BinaryPrimitives.WriteUInt64LittleEndian(target[DataOffset..], data);
    }

    internal static (uint Events, ulong Data) Read(ReadOnlySpan<byte> source) =>
        (BinaryPrimitives.ReadUInt32LittleEndian(source), BinaryPrimitives.ReadUInt64LittleEndian(source[DataOffset..]));
}
