using System.Buffers;
using System.Globalization;
using System.Text;

namespace Osl.Executors.Registry;

/// <summary>Names in a line of the registry: percent-encoded UTF-8 without spaces, cut between characters when too long.</summary>
internal static class SlotText
{
    /// <summary>
    /// Ends a name that was cut. No principal can be called so (names have no control characters), so that a cut name is never
    /// taken for somebody's whole one.
    /// </summary>
    internal const char Cut = '\u001A';

    private const int CutLength = 3;

    private static readonly SearchValues<byte> Plain = SearchValues.Create(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/+:@,="u8
    );

    /// <summary>Writes a name.</summary>
    /// <param name="text">Any text; an empty one is written as <c>%</c>.</param>
    /// <param name="room">Where to; at least 4 bytes.</param>
    /// <returns>How many bytes were written.</returns>
    internal static int Encode(string text, Span<byte> room)
    {
        if (text.Length == 0)
        {
            room[0] = (byte)'%';
            return 1;
        }

        Span<byte> utf8 = stackalloc byte[4];
        var length = 0;
        // The last place where the mark of a cut would still fit.
        var cutAt = 0;
        foreach (var rune in text.EnumerateRunes())
        {
            var bytes = utf8[..rune.EncodeToUtf8(utf8)];
            var plain = bytes.Length == 1 && Plain.Contains(bytes[0]);
            var needed = plain ? 1 : 3 * bytes.Length;
            if (length + needed > room.Length)
            {
                room[cutAt..length].Fill((byte)' ');
                "%1A"u8.CopyTo(room[cutAt..]);
                return cutAt + CutLength;
            }

            if (plain)
            {
                room[length++] = bytes[0];
            }
            else
            {
                foreach (var value in bytes)
                {
                    room[length++] = (byte)'%';
                    room[length++] = Hex(value >> 4);
                    room[length++] = Hex(value & 15);
                }
            }

            cutAt = length + CutLength <= room.Length ? length : cutAt;
        }

        return length;
    }

    /// <summary>Reads a name back. False for what <see cref="Encode"/> does not write.</summary>
    internal static bool TryDecode(ReadOnlySpan<byte> written, out string text)
    {
        text = "";
        if (written.IsEmpty || written.Length > SlotLine.Length)
        {
            return false;
        }

        if (written is [(byte)'%'])
        {
            return true;
        }

        Span<byte> bytes = stackalloc byte[written.Length];
        var length = 0;
        for (var i = 0; i < written.Length; i++)
        {
            var value = written[i];
            if (value == (byte)'%')
            {
                if (
                    i + 2 >= written.Length
                    || !byte.TryParse(written.Slice(i + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value)
                )
                {
                    return false;
                }

                i += 2;
            }
            else if (!Plain.Contains(value))
            {
                return false;
            }

            bytes[length++] = value;
        }

        text = Encoding.UTF8.GetString(bytes[..length]);
        return true;
    }

    private static byte Hex(int digit) => (byte)(digit < 10 ? '0' + digit : 'A' + digit - 10);
}
