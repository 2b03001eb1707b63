using System.Globalization;
using System.Text;

namespace Osl.Security.Policies;

/// <summary>Characters that are taken for others: letters of other alphabets among Latin ones, full-width forms, what is not seen.</summary>
internal static class LookAlike
{
    /// <summary>The first one in a text; null when there is none.</summary>
    internal static Rune? FirstIn(string text)
    {
        var hasLatin = text.Any(char.IsAsciiLetter);
        foreach (var rune in text.EnumerateRunes())
        {
            if (
                rune.IsAscii
                    ? rune.Value < ' ' || rune.Value == 0x7f
                    : IsInvisible(rune) || IsCompatibilityForm(rune) || (hasLatin && IsOtherAlphabet(rune))
            )
            {
                return rune;
            }
        }

        return null;
    }

    private static bool IsInvisible(Rune rune) =>
        Rune.GetUnicodeCategory(rune)
            is UnicodeCategory.Control
                or UnicodeCategory.Format
                or UnicodeCategory.SpaceSeparator
                or UnicodeCategory.LineSeparator
                or UnicodeCategory.ParagraphSeparator
                or UnicodeCategory.NonSpacingMark
                or UnicodeCategory.DashPunctuation;

    // Greek, Cyrillic, Armenian, Cherokee, Lisu.
    private static bool IsOtherAlphabet(Rune rune) =>
        rune.Value
            is (>= 0x370 and <= 0x58F)
                or (>= 0x13A0 and <= 0x13FF)
                or (>= 0x1C80 and <= 0x1C8F)
                or (>= 0x1F00 and <= 0x1FFF)
                or (>= 0xA4D0 and <= 0xA4FF);

    // Full-width forms, letter-like and mathematical alphabets, division slash and the like.
    private static bool IsCompatibilityForm(Rune rune) =>
        rune.Value
            is (>= 0xFF00 and <= 0xFFEF)
                or (>= 0x2100 and <= 0x214F)
                or (>= 0x1D400 and <= 0x1D7FF)
                or 0x2044
                or 0x2215
                or 0x29F8
                or 0x2024
                or 0x0131;
}
