using System.Numerics;
using System.Security.Cryptography;

namespace Osl.Security.Audit;

/// <summary>
/// An RFC 6962 Merkle tree of which only the right edge is kept: the hashes of the largest full subtrees, from the left. That is
/// enough to append leaves and to compute the root; one 32-byte hash for each bit set in the size.
/// </summary>
internal sealed class MerkleFrontier
{
    [ThreadStatic]
    private static IncrementalHash? _sha;

    private readonly byte[] _nodes = new byte[JournalFormat.MaxFrontier * JournalFormat.HashSize];

    /// <summary>How many leaves the tree has.</summary>
    internal long Size { get; private set; }

    /// <summary>How many subtree hashes there are: the number of bits set in <see cref="Size"/>.</summary>
    internal int Count => BitOperations.PopCount((ulong)Size);

    /// <summary>The subtree hashes, the largest (leftmost) first.</summary>
    internal ReadOnlySpan<byte> Nodes => _nodes.AsSpan(0, Count * JournalFormat.HashSize);

    internal void CopyFrom(MerkleFrontier other)
    {
        other.Nodes.CopyTo(_nodes);
        Size = other.Size;
    }

    /// <summary>Takes over a stored frontier; false when the number of hashes does not fit the size.</summary>
    internal bool TryLoad(long size, ReadOnlySpan<byte> nodes)
    {
        if (size < 0 || nodes.Length != BitOperations.PopCount((ulong)size) * JournalFormat.HashSize)
        {
            return false;
        }

        nodes.CopyTo(_nodes);
        Size = size;
        return true;
    }

    internal void Append(ReadOnlySpan<byte> leaf)
    {
        var count = Count;
        leaf.CopyTo(_nodes.AsSpan(count * JournalFormat.HashSize));
        // Each trailing one of the size is a full subtree as large as what is being added: the two become one.
        for (var size = Size; (size & 1) == 1; size >>= 1)
        {
            var left = _nodes.AsSpan((count - 1) * JournalFormat.HashSize, 2 * JournalFormat.HashSize);
            HashNode(left[..JournalFormat.HashSize], left[JournalFormat.HashSize..], left[..JournalFormat.HashSize]);
            count--;
        }

        Size++;
    }

    /// <summary>The root of the tree; of an empty one, SHA-256 of nothing.</summary>
    internal void Root(Span<byte> root)
    {
        var count = Count;
        if (count == 0)
        {
            SHA256.HashData([], root);
            return;
        }

        _nodes.AsSpan((count - 1) * JournalFormat.HashSize, JournalFormat.HashSize).CopyTo(root);
        for (var i = count - 2; i >= 0; i--)
        {
            HashNode(_nodes.AsSpan(i * JournalFormat.HashSize, JournalFormat.HashSize), root[..JournalFormat.HashSize], root);
        }
    }

    /// <summary>A leaf's hash, from bytes that begin with the 0x00 of RFC 6962 (see <see cref="JournalFormat.MaxRecord"/>).</summary>
    internal static void HashPrefixedLeaf(ReadOnlySpan<byte> prefixed, Span<byte> hash) => Hash(prefixed, hash);

    internal static void HashNode(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right, Span<byte> hash)
    {
        Span<byte> both = stackalloc byte[1 + (2 * JournalFormat.HashSize)];
        both[0] = 1;
        left.CopyTo(both[1..]);
        right.CopyTo(both[(1 + JournalFormat.HashSize)..]);
        Hash(both, hash);
    }

    /// <summary>SHA-256 over two stretches, one after the other.</summary>
    internal static void HashTwo(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, Span<byte> hash)
    {
        var sha = _sha ??= IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        sha.AppendData(first);
        sha.AppendData(second);
        sha.GetHashAndReset(hash);
    }

    private static void Hash(ReadOnlySpan<byte> data, Span<byte> hash)
    {
        // For inputs as short as these, SHA256.HashData takes up to twice as long: it makes a native context each time.
        var sha = _sha ??= IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        sha.AppendData(data);
        sha.GetHashAndReset(hash);
    }
}
