using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;

namespace Osl.Security.Audit;

/// <summary>What follows the last frame of a segment, up to the last byte that is not zero.</summary>
internal static class Residue
{
    private const int Step = 64 * 1024;

    /// <summary>Its length and SHA-256; length 0 and a hash of zeros when only zeros follow.</summary>
    internal static (long Length, byte[] Hash) Find(IJournalStorage storage, SafeFileHandle file, long end)
    {
        var buffer = new byte[Step];
        var length = 0L;
        for (var at = end; ; at += Step)
        {
            var count = storage.Read(file, buffer, at);
            var last = buffer.AsSpan(0, count).LastIndexOfAnyExcept((byte)0);
            length = last >= 0 ? at - end + last + 1 : length;
            if (count < Step)
            {
                break;
            }
        }

        return length == 0 ? (0, new byte[JournalFormat.HashSize]) : (length, Hash(storage, file, end, length));
    }

    private static byte[] Hash(IJournalStorage storage, SafeFileHandle file, long end, long length)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[Step];
        for (var done = 0L; done < length; )
        {
            var count = storage.Read(file, buffer.AsSpan(0, (int)Math.Min(Step, length - done)), end + done);
            if (count == 0)
            {
                break; // Cut off meanwhile, by whom we can't know; the length tells it.
            }

            hash.AppendData(buffer.AsSpan(0, count));
            done += count;
        }

        return hash.GetHashAndReset();
    }
}
