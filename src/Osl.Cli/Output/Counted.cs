using System.Globalization;

namespace Osl.Cli.Output;

/// <summary>Numbers with their noun.</summary>
internal static class Counted
{
    internal static string Processes(int count) =>
        count == 1 ? "1 process" : string.Create(CultureInfo.InvariantCulture, $"{count} processes");
}
