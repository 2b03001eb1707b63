using System.Buffers.Binary;
using Microsoft.Win32.SafeHandles;

namespace Osl.Security.Audit;

// What the key has signed last, beside the key. It is what makes the signer refuse a log that was cut short, rolled back or replaced
// (journald signed such ones: CVE-2023-31438), so it must survive what the log survives, and may never be ahead of it:
//   * The log is synced before it is signed, and this is written after that and before the checkpoint's frame. A kill in between
//     leaves a place that the log has passed.
//   * Two slots, each with a checksum. A write that is not synced goes where the last such write went; so at any time one slot is
//     whole and on disk, whatever a power cut makes of the other. What it costs: after a power cut the state may be as old as the
//     last synced one (AuditSigningOptions.Every).
//   * A file that is gone, or of which no slot is whole, is refused, never taken for a new one.
// Read and written under the journal's lock. adr/0028-keys-and-what-they-signed.md.

/// <summary>The place that a key has signed last.</summary>
internal sealed class SignedState : IDisposable
{
    internal const string FileName = "signed";

    private const int SlotSize = 4096;
    private const int SequenceAt = 8;
    private const int FlagsAt = 16;
    private const int LogIdAt = 24;
    private const int SegmentAt = 40;
    private const int OffsetAt = 48;
    private const int SizeAt = 56;
    private const int ChainAt = 64;
    private const int KeyLengthAt = 96;
    private const int KeyAt = 104;
    private const int NodesAt = KeyAt + 96;
    private const int CrcAt = SlotSize - sizeof(uint);
    private const int Unsynced = 1;

    private readonly IJournalStorage _storage;
    private readonly SafeFileHandle _file;
    private readonly byte[] _slot = new byte[SlotSize];
    private ulong _sequence;
    private int _next;

    private SignedState(IJournalStorage storage, SafeFileHandle file) => (_storage, _file) = (storage, file);

    private static ReadOnlySpan<byte> Magic => "OSLSIGN1"u8;

    public void Dispose() => _file.Dispose();

    /// <summary>Makes the file, for a key that has signed nothing. Whole and on disk when this returns.</summary>
    internal static void Create(IJournalStorage storage, string directory) =>
        JournalStorage.Keep(
            storage,
            Path.Combine(directory, FileName),
            file =>
            {
                var state = new SignedState(storage, file);
                state.Put(new LogPlace(), slot: 0, flags: 0);
                state.Put(new LogPlace(), slot: 1, flags: 0);
            }
        );

    /// <summary>Opens it; null when it is not there.</summary>
    internal static SignedState? TryOpen(IJournalStorage storage, string directory, bool write) =>
        storage.Open(Path.Combine(directory, FileName), write) is { } file ? new SignedState(storage, file) : null;

    /// <summary>Reads what was signed last.</summary>
    /// <param name="place">Set to it; its <see cref="LogPlace.NotedSize"/> is not known.</param>
    /// <param name="changed">Whether that was written by somebody else since this object read or wrote it.</param>
    /// <returns>False when no slot is whole.</returns>
    internal bool TryRead(LogPlace place, out bool changed)
    {
        var best = -1;
        var (sequence, flags) = (0UL, 0);
        for (var slot = 0; slot < 2; slot++)
        {
            if (Load(slot) && (best < 0 || BinaryPrimitives.ReadUInt64LittleEndian(_slot.AsSpan(SequenceAt)) > sequence))
            {
                best = slot;
                sequence = BinaryPrimitives.ReadUInt64LittleEndian(_slot.AsSpan(SequenceAt));
                flags = _slot[FlagsAt];
            }
        }

        changed = sequence != _sequence;
        if (best < 0 || !Load(best))
        {
            return false;
        }

        (_sequence, _next) = (sequence, flags == Unsynced ? best : 1 - best);
        var slotBytes = _slot.AsSpan();
        var keyLength = BinaryPrimitives.ReadInt32LittleEndian(slotBytes[KeyLengthAt..]);
        var size = BinaryPrimitives.ReadInt64LittleEndian(slotBytes[SizeAt..]);
        place.LogId = BinaryPrimitives.ReadUInt128BigEndian(slotBytes[LogIdAt..]);
        place.Segment = BinaryPrimitives.ReadInt64LittleEndian(slotBytes[SegmentAt..]);
        place.Offset = BinaryPrimitives.ReadInt64LittleEndian(slotBytes[OffsetAt..]);
        place.Key = keyLength == AuditPublicKey.Size ? AuditPublicKey.TryRead(slotBytes.Slice(KeyAt, keyLength)) : null;
        place.NotedSize = -1;
        slotBytes.Slice(ChainAt, JournalFormat.HashSize).CopyTo(place.Chain);
        var nodes = System.Numerics.BitOperations.PopCount((ulong)size) * JournalFormat.HashSize;
        return place.Tree.TryLoad(size, slotBytes.Slice(NodesAt, nodes)) && (keyLength == 0 || place.Key is not null);
    }

    /// <summary>Writes what is signed now.</summary>
    /// <param name="place">The place.</param>
    /// <param name="sync">Whether it has to survive a power cut.</param>
    internal void Write(LogPlace place, bool sync)
    {
        _sequence++;
        Put(place, _next, sync ? 0 : Unsynced);
        if (sync)
        {
            _storage.Sync(_file);
            _next = 1 - _next;
        }
    }

    private void Put(LogPlace place, int slot, int flags)
    {
        var bytes = _slot.AsSpan();
        bytes.Clear();
        Magic.CopyTo(bytes);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[SequenceAt..], _sequence);
        bytes[FlagsAt] = (byte)flags;
        BinaryPrimitives.WriteUInt128BigEndian(bytes[LogIdAt..], place.LogId);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[SegmentAt..], place.Segment);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[OffsetAt..], place.Offset);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[SizeAt..], place.Tree.Size);
        place.Chain.CopyTo(bytes[ChainAt..]);
        if (place.Key is { } key)
        {
            BinaryPrimitives.WriteInt32LittleEndian(bytes[KeyLengthAt..], key.Info.Length);
            key.Info.CopyTo(bytes[KeyAt..]);
        }

        place.Tree.Nodes.CopyTo(bytes[NodesAt..]);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[CrcAt..], JournalFormat.Crc32C(bytes[..CrcAt]));
        _storage.Write(_file, bytes, (long)slot * SlotSize);
    }

    private bool Load(int slot) =>
        _storage.Read(_file, _slot, (long)slot * SlotSize) == SlotSize
        && _slot.AsSpan().StartsWith(Magic)
        && BinaryPrimitives.ReadUInt32LittleEndian(_slot.AsSpan(CrcAt)) == JournalFormat.Crc32C(_slot.AsSpan(0, CrcAt))
        && BinaryPrimitives.ReadInt64LittleEndian(_slot.AsSpan(SizeAt)) >= 0;
}
