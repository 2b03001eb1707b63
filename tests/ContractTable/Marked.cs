namespace Osl.Tests.ContractTable;

/// <summary>The part of a page that is made, between two comments.</summary>
internal static class Marked
{
    private const string Begin = "<!-- contract:begin -->\n";
    private const string End = "<!-- contract:end -->";

    internal static string Replace(string file, string page, string text)
    {
        var begin = page.IndexOf(Begin, StringComparison.Ordinal);
        var end = page.IndexOf(End, StringComparison.Ordinal);
        return begin >= 0 && end > begin
            ? $"{page[..(begin + Begin.Length)]}{text}{page[end..]}"
            : throw new InvalidDataException($"{file} has no place for the table: {Begin.Trim()} … {End}");
    }
}
