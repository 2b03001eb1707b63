using System.Globalization;
using System.Text;

namespace Osl.Operations;

/// <summary>
/// Makes text from elsewhere (names of processes, arguments, reasons, paths) safe to show. The one escape function: whatever is shown
/// to a person goes through it (knowledge/secrets.md).
/// </summary>
public static class DisplayText
{
    /// <summary>
    /// The text with everything escaped that a terminal would obey or that would make it read as something else: control characters
    /// (C0, DEL, C1), format characters (bidirectional controls, zero-width characters, tags), line and paragraph separators, and
    /// lone surrogates, each as <c>\uXXXX</c> (UTF-16 code units).
    /// </summary>
    /// <remarks>
    /// The backslash itself stays as it is: this is for reading, not for reading back. The same instance when nothing is escaped;
    /// escaping twice changes nothing.
    /// </remarks>
    /// <param name="text">Any text; null gives the empty text.</param>
    public static string Escape(string? text)
    {
        if (string.IsNullOrEmpty(text))
        {
            return "";
        }

        // Printable ASCII is nearly everything that comes by.
        var rest = text.AsSpan();
        var clean = rest.IndexOfAnyExceptInRange(' ', '~');
        if (clean < 0)
        {
            return text;
        }

        StringBuilder? escaped = null;
        var at = clean;
        while (at < text.Length)
        {
            var isWellFormed = Rune.DecodeFromUtf16(rest[at..], out var rune, out var length) == System.Buffers.OperationStatus.Done;
            if (isWellFormed && !IsDangerous(rune))
            {
                escaped?.Append(rest.Slice(at, length));
            }
            else
            {
                escaped ??= new StringBuilder(text.Length + 16).Append(rest[..at]);
                foreach (var unit in rest.Slice(at, length))
                {
                    escaped.Append(CultureInfo.InvariantCulture, $"\\u{(int)unit:X4}");
                }
            }

            at += length;
        }

        return escaped?.ToString() ?? text;
    }

    /// <summary>The same, cut off when it is longer than a bound.</summary>
    /// <param name="text">Any text; null gives the empty text.</param>
    /// <param name="limit">How many UTF-16 code units of the text are shown; more than 0. What is cut off shows as <c>…</c>.</param>
    public static string Escape(string? text, int limit)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(limit);
        if (text is null || text.Length <= limit)
        {
            return Escape(text);
        }

        // Not through the middle of a pair: that would show two escapes where there is one character.
        var end = char.IsHighSurrogate(text[limit - 1]) ? limit - 1 : limit;
        return Escape(text[..end]) + "…";
    }

    private static bool IsDangerous(Rune rune) =>
        Rune.GetUnicodeCategory(rune)
            is UnicodeCategory.Control
                or UnicodeCategory.Format
                or UnicodeCategory.LineSeparator
                or UnicodeCategory.ParagraphSeparator;
}
