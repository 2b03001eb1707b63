using System.Globalization;
using Osl.Operations.Processes;

namespace Osl.Cli.Parsing;

/// <summary>Limits as they are typed: <c>memory=512M</c>, <c>cpu-time=30s</c>.</summary>
internal static class LimitText
{
    private const string Sizes = "KMG";
    private const int KiloBits = 10;

    /// <summary>The names there are.</summary>
    internal static IReadOnlyList<string> Each { get; } =
    ["memory", "cpu-time", "cpu-millis", "processes", "open-files", "file-size", "core-dump"];

    /// <summary>The same as a sentence has them.</summary>
    internal static string Names { get; } = string.Join(", ", Each.SkipLast(1)) + " or " + Each[^1];

    /// <summary>One more limit; a later one of the same name counts.</summary>
    /// <param name="limits">Those so far; null for none.</param>
    /// <param name="text">NAME=VALUE.</param>
    /// <param name="flaw">What is wrong with it; null when nothing is.</param>
    internal static ResourceLimits? Add(ResourceLimits? limits, string text, out string? flaw)
    {
        var separator = text.IndexOf('=', StringComparison.Ordinal);
        var name = separator < 0 ? text : text[..separator];
        var value = separator < 0 ? "" : text[(separator + 1)..];
        var known = limits ?? new ResourceLimits();
        var changed = name switch
        {
            "memory" => Size(value, 1) is { } bytes ? known with { MemoryBytes = bytes } : null,
            "cpu-time" => Durations.TryParse(value, out var time) && time > TimeSpan.Zero ? known with { CpuTime = time } : null,
            "cpu-millis" => Count(value) is { } millis ? known with { CpuMillis = millis } : null,
            "processes" => Count(value) is { } processes ? known with { Processes = processes } : null,
            "open-files" => Count(value) is { } files ? known with { OpenFiles = files } : null,
            "file-size" => Size(value, 0) is { } bytes ? known with { FileSizeBytes = bytes } : null,
            "core-dump" => Size(value, 0) is { } bytes ? known with { CoreDumpBytes = bytes } : null,
            _ => null,
        };
        flaw =
            changed is not null ? null
            : !Each.Contains(name, StringComparer.Ordinal) ? $"'{name}' is none of {Names}."
            : name is "cpu-time" ? $"'{value}' is no duration for {name}; write {Durations.Form}."
            : name is "memory" or "file-size" or "core-dump"
                ? $"'{value}' is no size for {name}; write a number of bytes, or 64K, 512M, 2G."
            : $"'{value}' is no number for {name}, 1 or more.";
        return changed ?? limits;
    }

    private static int? Count(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count > 0 ? count : null;

    private static long? Size(string text, long least)
    {
        var unit = text.Length > 0 ? Sizes.IndexOf(text[^1], StringComparison.Ordinal) + 1 : 0;
        var digits = unit > 0 ? text[..^1] : text;
        return
            long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            && number >= least
            && number <= long.MaxValue >> (unit * KiloBits)
            ? number << (unit * KiloBits)
            : null;
    }
}
