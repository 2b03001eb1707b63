using System.Globalization;
using Osl.Operations;

namespace Osl.Security.Policies;

/// <summary>Takes typed values out of a tree, and keeps every problem with its place.</summary>
internal sealed class YamlBinder(string file)
{
    private readonly Dictionary<string, (int Line, int Column)> _places = new(StringComparer.Ordinal);
    private readonly List<PolicyProblem> _problems = [];

    internal IReadOnlyList<PolicyProblem> Problems => _problems;

    internal RuleLocations Locations => new(file, _places);

    internal void Refuse(YamlPart at, string message, string expected, string where = "") =>
        _problems.Add(
            new PolicyProblem(message, expected)
            {
                File = file,
                Line = at.Line,
                Column = at.Column,
                Where = where,
            }
        );

    /// <summary>A mapping with known keys only; null, with a problem, when it is none.</summary>
    internal YamlMap? Map(YamlPart part, string where, string[] keys, string what)
    {
        Mark(part, where);
        if (part is not YamlMap map)
        {
            Refuse(part, $"{what} is no mapping", $"a mapping with {string.Join(", ", keys)}", where);
            return null;
        }

        foreach (var (key, value) in map.Entries)
        {
            if (keys.Contains(key.Text, StringComparer.Ordinal))
            {
                Mark(value, where.Length == 0 ? key.Text : $"{where}.{key.Text}");
                continue;
            }

            Refuse(key, $"{what} has no key '{key.Text}'", $"one of {string.Join(", ", keys)}", where);
            _problems[^1] = _problems[^1] with { NearestKey = PolicyKeys.Nearest(key.Text, keys) };
        }

        return map;
    }

    internal string? Text(YamlPart? part, string what)
    {
        if (part is YamlText text)
        {
            return text.Text;
        }

        if (part is not null)
        {
            Refuse(part, $"{what} is no text", "a text");
        }

        return null;
    }

    /// <summary>A list of texts, or one text. An empty list is a mistake: it would mean everything or nothing, who knows.</summary>
    internal ValueList<string> Texts(YamlPart? part, string where, bool mayBeOne = true)
    {
        if (part is YamlText text && mayBeOne)
        {
            Mark(part, $"{where}[0]");
            return [text.Text];
        }

        var items = Items(part, where);
        if (part is YamlList { Items.Count: 0 })
        {
            Refuse(part, $"{Last(where)} is an empty list", "at least one text, or no such key", where);
        }

        List<string> texts = [];
        for (var i = 0; i < items.Count; i++)
        {
            Mark(items[i], string.Create(CultureInfo.InvariantCulture, $"{where}[{i}]"));
            if (Text(items[i], Last(where)) is { } item)
            {
                texts.Add(item);
            }
        }

        return texts.ToValueList();
    }

    internal IReadOnlyList<YamlPart> Items(YamlPart? part, string where)
    {
        if (part is null)
        {
            return [];
        }

        Mark(part, where);
        if (part is YamlList list)
        {
            return list.Items;
        }

        Refuse(part, $"{Last(where)} is no list", "a list", where);
        return [];
    }

    /// <summary>A key that is there with <c>true</c>, or is not there.</summary>
    internal bool Flag(YamlPart? part, string what)
    {
        if (part is null or YamlText { IsPlain: true, Text: "true" })
        {
            return part is not null;
        }

        Refuse(part, $"{what} is not true", "true, or no such key");
        return false;
    }

    internal T? Word<T>(YamlPart? part, string what, IReadOnlyDictionary<string, T> words)
        where T : struct
    {
        if (part is YamlText text && words.TryGetValue(text.Text, out var value))
        {
            return value;
        }

        if (part is not null)
        {
            Refuse(
                part,
                $"{what} can't be {(part is YamlText other ? $"'{other.Text}'" : "that")}",
                $"one of {string.Join(", ", words.Keys)}"
            );
            _problems[^1] = _problems[^1] with { NearestKey = part is YamlText near ? PolicyKeys.Nearest(near.Text, words.Keys) : null };
        }

        return null;
    }

    internal TimeSpan? Time(YamlPart? part, string what)
    {
        if (part is YamlText text && Keywords.TryReadTime(text.Text, out var time))
        {
            return time;
        }

        if (part is not null)
        {
            Refuse(part, $"{what} is no time", "a number with ms, s, m, h or d, such as 30s");
        }

        return null;
    }

    internal long? Size(YamlPart? part, string what, long most = long.MaxValue)
    {
        if (part is YamlText text && Keywords.TryReadSize(text.Text, out var size) && size <= most)
        {
            return size;
        }

        if (part is not null)
        {
            Refuse(
                part,
                $"{what} is no number",
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"a whole number from 0 to {most}, with KiB, MiB or GiB after it where bytes are meant"
                )
            );
        }

        return null;
    }

    internal void Mark(YamlPart part, string where) => _places.TryAdd(where, (part.Line, part.Column));

    private static string Last(string where) => where[(where.LastIndexOf('.') + 1)..];
}
