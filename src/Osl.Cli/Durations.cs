using System.Globalization;

namespace Osl.Cli;

/// <summary>Durations as people type them: digits and one unit, <c>500ms</c>, <c>5s</c>, <c>2m</c>, <c>1h</c>, <c>7d</c>. Nothing else.</summary>
internal static class Durations
{
    internal const string Form = "digits and a unit: 500ms, 5s, 2m, 1h or 7d";

    /// <summary>Ten years: far beyond every use, far within every clock.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromDays(3650);

    /// <summary>Reads one that is at most ten years.</summary>
    internal static bool TryParse(string? text, out TimeSpan duration)
    {
        duration = default;
        var digits = text.AsSpan().IndexOfAnyExceptInRange('0', '9');
        if (digits is <= 0 or > 12)
        {
            return false;
        }

        long? ticksPerUnit = text.AsSpan(digits) switch
        {
            "ms" => TimeSpan.TicksPerMillisecond,
            "s" => TimeSpan.TicksPerSecond,
            "m" => TimeSpan.TicksPerMinute,
            "h" => TimeSpan.TicksPerHour,
            "d" => TimeSpan.TicksPerDay,
            _ => null,
        };
        var count = long.Parse(text.AsSpan(0, digits), NumberStyles.None, CultureInfo.InvariantCulture);
        if (ticksPerUnit is not { } unit || count > Longest.Ticks / unit)
        {
            return false;
        }

        duration = new TimeSpan(count * unit);
        return true;
    }

    /// <summary>A bound, in days: <c>365 days</c>.</summary>
    internal static string DescribeBound(TimeSpan bound) =>
        string.Create(CultureInfo.InvariantCulture, $"{bound.TotalDays:0} day{(bound.TotalDays > 1 ? "s" : "")}");

    /// <summary>An age for a table: its two largest units.</summary>
    internal static string Describe(TimeSpan age) =>
        age < TimeSpan.Zero ? "0s"
        : age.TotalMinutes < 1 ? string.Create(CultureInfo.InvariantCulture, $"{age.Seconds}s")
        : age.TotalHours < 1 ? string.Create(CultureInfo.InvariantCulture, $"{age.Minutes}m{age.Seconds:00}s")
        : age.TotalDays < 1 ? string.Create(CultureInfo.InvariantCulture, $"{age.Hours}h{age.Minutes:00}m")
        : string.Create(CultureInfo.InvariantCulture, $"{(int)age.TotalDays}d{age.Hours:00}h");
}
