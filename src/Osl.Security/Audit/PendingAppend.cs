using System.Buffers;
using System.Buffers.Binary;
using System.Text.Encodings.Web;
using System.Text.Json;
using Osl.Operations;
using Osl.Operations.Auditing;

namespace Osl.Security.Audit;

/// <summary>A record on its way into the journal: serialised and hashed on the caller's thread, awaited by the caller.</summary>
/// <remarks>Continuations never run on the thread that writes: a slow caller must not hold up the others.</remarks>
internal sealed class PendingAppend : TaskCompletionSource<OneOf<AuditReceipt, OperationError>>
{
    private const int KeepBytes = 64 * 1024;

    [ThreadStatic]
    private static Scratch? _scratch;

    private byte[]? _item;
    private readonly int _length;

    private PendingAppend(AuditRecord record, AuditGuarantee guarantee, ReadOnlySpan<byte> json)
        : base(TaskCreationOptions.RunContinuationsAsynchronously)
    {
        Record = record;
        Guarantee = guarantee;
        JsonLength = json.Length;
        if (json.Length > JournalFormat.MaxRecord)
        {
            Leaf = [];
            return;
        }

        _length = sizeof(uint) + json.Length;
        _item = ArrayPool<byte>.Shared.Rent(_length);
        BinaryPrimitives.WriteInt32LittleEndian(_item, json.Length);
        json.CopyTo(_item.AsSpan(sizeof(uint)));
        Leaf = new byte[JournalFormat.HashSize];
        MerkleFrontier.HashPrefixedLeaf(_item.AsSpan(sizeof(uint) - 1, 1 + json.Length), Leaf);
    }

    internal AuditRecord Record { get; }

    internal AuditGuarantee Guarantee { get; }

    internal int JsonLength { get; }

    internal bool IsTooLong => JsonLength > JournalFormat.MaxRecord;

    /// <summary>The length and the bytes, as they stand in the frame. Empty once <see cref="Release"/> was called.</summary>
    internal ReadOnlySpan<byte> Item => _item.AsSpan(0, _item is null ? 0 : _length);

    internal byte[] Leaf { get; }

    internal static PendingAppend Create(AuditRecord record, AuditGuarantee guarantee)
    {
        var scratch = _scratch ??= new Scratch();
        // Taken out while in use: a converter that appends in turn gets a scratch of its own.
        _scratch = null;
        AuditRecordWriter.Write(scratch.Writer, record);
        scratch.Writer.Flush();
        var pending = new PendingAppend(record, guarantee, scratch.Bytes.WrittenSpan);
        if (scratch.Bytes.Capacity <= KeepBytes)
        {
            scratch.Bytes.ResetWrittenCount();
            scratch.Writer.Reset();
            _scratch = scratch;
        }

        return pending;
    }

    /// <summary>Gives the bytes back; after this only the outcome counts.</summary>
    internal void Release()
    {
        if (Interlocked.Exchange(ref _item, null) is { } item)
        {
            ArrayPool<byte>.Shared.Return(item);
        }
    }

    private sealed class Scratch
    {
        internal Scratch()
        {
            // As OperationJsonContext would encode by itself.
            Writer = new Utf8JsonWriter(Bytes, new JsonWriterOptions { Encoder = JavaScriptEncoder.Default, SkipValidation = true });
        }

        internal ArrayBufferWriter<byte> Bytes { get; } = new(1024);

        internal Utf8JsonWriter Writer { get; }
    }
}
