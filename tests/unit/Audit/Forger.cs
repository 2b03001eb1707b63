using System.Security.Cryptography;
using System.Text;
using Osl.Security.Audit;

namespace Osl.Tests.Unit.Audit;

/// <summary>
/// What somebody can do who may write the journal's directory: takes a log apart, and puts it together again so that all checksums,
/// indexes, roots and headers agree. Signs with a key of its own, if asked.
/// </summary>
internal sealed class Forger
{
    private Forger(List<Part> parts) => Parts = parts;

    public List<Part> Parts { get; }

    public IEnumerable<int> Records => Enumerable.Range(0, Parts.Count).Where(i => Parts[i].Type == FrameType.Records);

    /// <summary>Takes a log apart.</summary>
    public static Forger Read(Dictionary<long, byte[]> segments)
    {
        var parts = new List<Part>();
        for (var number = 0L; number < segments.Count; number++)
        {
            var bytes = segments[number];
            parts.Add(new Part(default, BitConverter.ToInt64(bytes, 40), []) { Header = SegmentHeader.TryRead(bytes, out _)! });
            var next = number + 1 < segments.Count ? SegmentHeader.TryRead(segments[number + 1], out _)!.PreviousEnd : bytes.Length;
            var at = JournalFormat.HeaderSize;
            for (; at < next && BitConverter.ToInt32(bytes, at) is > 0 and var length; at += length)
            {
                var frame = bytes.AsSpan(at, length);
                var items = new List<byte[]>();
                for (var walk = new FrameItems(frame); walk.MoveNext(); )
                {
                    items.Add(walk.Current.ToArray());
                }

                var header = FrameHeader.Read(frame);
                parts.Add(new Part(header.Type, header.Time, items));
            }

            parts[^1].Residue = bytes[at..(Array.FindLastIndex(bytes, b => b != 0) + 1 is var end && end > at ? end : at)];
        }

        return new Forger(parts);
    }

    /// <summary>Puts it together. Checkpoints stay as they are, unless there is a key to sign them anew with.</summary>
    /// <param name="key">Signs all of them.</param>
    /// <param name="named">A key that the last of them names as the next, as anybody can who knows its public half.</param>
    public Dictionary<long, byte[]> Write(ECDsa? key = null, AuditPublicKey? named = null)
    {
        var last = Parts.FindLast(part => part.Header is null && part.Type != FrameType.Records);
        var segments = new Dictionary<long, byte[]>();
        var place = new LogPlace();
        var file = new List<byte>();
        var residue = Array.Empty<byte>();
        var isNamed = false;
        foreach (var part in Parts)
        {
            if (part.Header is { } original)
            {
                var number = place.Segment + 1;
                var header = new byte[JournalFormat.HeaderSize];
                new SegmentHeader
                {
                    LogId = original.LogId,
                    Number = number,
                    Time = part.Time,
                    Reason =
                        number == 0 ? SegmentReason.First
                        : residue.Length > 0 ? SegmentReason.Torn
                        : original.Reason is SegmentReason.First or SegmentReason.Torn ? SegmentReason.Full
                        : original.Reason,
                    PreviousEnd = place.Segment < 0 ? 0 : place.Offset,
                    ResidueLength = residue.Length,
                    ResidueHash = residue.Length == 0 ? new byte[32] : SHA256.HashData(residue),
                    Tree = place.Tree,
                }.Write(header);
                Close(segments, place, file, residue);
                place.LogId = original.LogId;
                place.PassHeader(number, header);
                file = [.. header];
            }
            else if (part.Type == FrameType.Records)
            {
                var frame = Frame(part, part.Items, place);
                place.Pass(frame);
                file.AddRange(frame);
            }
            else
            {
                var type = part.Type;
                var items = part.Items;
                if (key is not null)
                {
                    var next =
                        !isNamed ? AuditPublicKey.Of(key)
                        : part == last ? named
                        : null;
                    type = next is null ? FrameType.Checkpoint : FrameType.Key;
                    items = [Encoding.UTF8.GetBytes(AuditCheckpoint.Sign(place, part.Time, key, next).ToString())];
                    isNamed = true;
                }

                var frame = Frame(new Part(type, part.Time, items), items, place);
                place.Pass(frame);
                file.AddRange(frame);
            }

            residue = part.Residue;
        }

        Close(segments, place, file, residue);
        return segments;
    }

    private static void Close(Dictionary<long, byte[]> segments, LogPlace place, List<byte> file, byte[] residue)
    {
        if (place.Segment >= 0)
        {
            segments[place.Segment] = [.. file, .. residue, .. new byte[64]];
        }
    }

    private static byte[] Frame(Part part, IEnumerable<byte[]> items, LogPlace place)
    {
        var first = place.Tree.Size;
        var builder = new FrameBuilder();
        builder.Clear(part.Type);
        var leaf = new byte[JournalFormat.HashSize];
        foreach (var item in items)
        {
            if (part.Type == FrameType.Records)
            {
                MerkleFrontier.HashPrefixedLeaf([0, .. item], leaf);
                place.Tree.Append(leaf);
                builder.Add([.. BitConverter.GetBytes(item.Length), .. item], [.. leaf]);
            }
            else
            {
                builder.AddNote(item);
            }
        }

        var root = new byte[JournalFormat.HashSize];
        place.Tree.Root(root);
        return builder.Finish(first, part.Time, root).ToArray();
    }

    /// <summary>A segment's header, or a frame.</summary>
    public sealed class Part(FrameType type, long time, List<byte[]> items)
    {
        public SegmentHeader? Header { get; init; }

        public FrameType Type { get; } = type;

        public long Time { get; set; } = time;

        public List<byte[]> Items { get; } = items;

        /// <summary>What follows it up to the end of the file, if it is the last of a segment.</summary>
        public byte[] Residue { get; set; } = [];

        public Part Copy() => new(Type, Time, [.. Items]) { Header = Header, Residue = Residue };
    }
}
