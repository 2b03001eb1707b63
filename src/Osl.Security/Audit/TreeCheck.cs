using System.Globalization;

namespace Osl.Security.Audit;

/// <summary>Judges whether a frame, good in itself, continues the log: its first index and its root against the tree before it.</summary>
internal static class TreeCheck
{
    /// <summary>Adds the frame's leaves to the tree.</summary>
    /// <returns>What is wrong; null when the frame continues the log. The tree has the leaves either way, unless the index is wrong.</returns>
    internal static string? Apply(MerkleFrontier tree, ReadOnlySpan<byte> frame)
    {
        var header = FrameHeader.Read(frame);
        if (header.First != tree.Size)
        {
            return string.Create(
                CultureInfo.InvariantCulture,
                $"the frame begins with record {header.First}, but record {tree.Size} is due"
            );
        }

        Span<byte> hash = stackalloc byte[JournalFormat.HashSize];
        if (header.Type == FrameType.Records)
        {
            for (var items = new FrameItems(frame); items.MoveNext(); )
            {
                MerkleFrontier.HashPrefixedLeaf(items.Prefixed, hash);
                tree.Append(hash);
            }
        }

        tree.Root(hash);
        return frame.Slice(FrameHeader.RootAt, JournalFormat.HashSize).SequenceEqual(hash)
            ? null
            : "the frame's root is not that of its records and all before them";
    }
}
