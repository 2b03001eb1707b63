using System.Globalization;
using Osl.Operations.Policies;
using Osl.Operations.Processes;

namespace Osl.Security.Policies;

/// <summary>The words and units of the file, both ways.</summary>
internal static class Keywords
{
    internal static IReadOnlyDictionary<string, PolicyEffect> Effects { get; } =
        new Dictionary<string, PolicyEffect>(StringComparer.Ordinal)
        {
            ["allow"] = PolicyEffect.Allow,
            ["require-approval"] = PolicyEffect.RequireApproval,
            ["deny"] = PolicyEffect.Deny,
        };

    internal static IReadOnlyDictionary<string, PolicyDefault> Defaults { get; } =
        new Dictionary<string, PolicyDefault>(StringComparer.Ordinal) { ["deny"] = PolicyDefault.Deny, ["defer"] = PolicyDefault.Defer };

    internal static IReadOnlyDictionary<string, RuleTarget> Targets { get; } =
        new Dictionary<string, RuleTarget>(StringComparer.Ordinal)
        {
            ["own-child"] = RuleTarget.OwnChild,
            ["own-group"] = RuleTarget.OwnGroup,
            ["other-principal"] = RuleTarget.OtherPrincipal,
            ["attached"] = RuleTarget.Attached,
            ["foreign"] = RuleTarget.Foreign,
        };

    internal static IReadOnlyDictionary<string, Containment> Containments { get; } =
        new Dictionary<string, Containment>(StringComparer.Ordinal)
        {
            ["none"] = Containment.None,
            ["group"] = Containment.Group,
            ["session"] = Containment.Session,
            ["cgroup"] = Containment.Cgroup,
            ["pid-namespace"] = Containment.PidNamespace,
        };

    internal static string Of<T>(IReadOnlyDictionary<string, T> words, T value)
        where T : struct, Enum => words.First(word => EqualityComparer<T>.Default.Equals(word.Value, value)).Key;

    /// <summary>A time as <c>250ms</c>, <c>30s</c>, <c>5m</c>, <c>1h</c>, <c>7d</c>.</summary>
    internal static bool TryReadTime(string text, out TimeSpan time)
    {
        time = default;
        var digits = text.AsSpan().IndexOfAnyExceptInRange('0', '9');
        if (digits <= 0 || !long.TryParse(text.AsSpan(0, digits), NumberStyles.None, CultureInfo.InvariantCulture, out var count))
        {
            return false;
        }

        var unit = text[digits..] switch
        {
            "ms" => 1L,
            "s" => 1000,
            "m" => 60_000,
            "h" => 3_600_000,
            "d" => 86_400_000,
            _ => 0,
        };
        if (unit == 0 || count > 3_650L * 86_400_000 / unit)
        {
            return false;
        }

        time = TimeSpan.FromMilliseconds(count * unit);
        return true;
    }

    internal static string Write(TimeSpan time) => string.Create(CultureInfo.InvariantCulture, $"{(long)time.TotalMilliseconds}ms");

    /// <summary>A number of bytes: plain, or with KiB, MiB, GiB.</summary>
    internal static bool TryReadSize(string text, out long bytes)
    {
        var shift =
            text.EndsWith("KiB", StringComparison.Ordinal) ? 10
            : text.EndsWith("MiB", StringComparison.Ordinal) ? 20
            : text.EndsWith("GiB", StringComparison.Ordinal) ? 30
            : 0;
        var number = shift == 0 ? text : text[..^3];
        if (!long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out bytes) || bytes > long.MaxValue >> shift)
        {
            return false;
        }

        bytes <<= shift;
        return true;
    }
}
