using System.Globalization;
using System.Text;
using Osl.Operations;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Osl.Security.Policies;

/// <summary>A part of a file, with the place where it begins.</summary>
internal abstract record YamlPart(int Line, int Column);

/// <summary>A text. <see cref="IsPlain"/>: without quotes.</summary>
internal sealed record YamlText(string Text, bool IsPlain, int Line, int Column) : YamlPart(Line, Column)
{
    internal bool IsNull => IsPlain && Text is "" or "~" or "null" or "Null" or "NULL";
}

internal sealed record YamlList(IReadOnlyList<YamlPart> Items, int Line, int Column) : YamlPart(Line, Column);

internal sealed record YamlMap(IReadOnlyList<(YamlText Key, YamlPart Value)> Entries, int Line, int Column) : YamlPart(Line, Column)
{
    internal YamlPart? Find(string key) =>
        Entries.FirstOrDefault(entry => string.Equals(entry.Key.Text, key, StringComparison.Ordinal)).Value;
}

/// <summary>
/// Reads YAML, of which JSON is a part, into a tree, and refuses what makes a policy say something else than it seems to: equal keys
/// (YAML readers take the last), nulls, aliases, anchors, tags, merge keys, a second document.
/// </summary>
internal sealed class YamlTree
{
    internal const int MostCharacters = 1 << 20;
    internal const int MostDepth = 12;
    internal const int MostParts = 200_000;

    private readonly Parser _parser;
    private int _parts;

    private YamlTree(string text) => _parser = new Parser(new StringReader(text));

    internal static OneOf<YamlPart, PolicyProblem> Read(string text)
    {
        if (text.Length > MostCharacters)
        {
            return new PolicyProblem("the file is too large", $"at most {MostCharacters} characters") { Line = 1, Column = 1 };
        }

        if (HiddenAt(text) is >= 0 and var hidden)
        {
            var before = text.AsSpan(0, hidden);
            return new PolicyProblem(
                string.Create(CultureInfo.InvariantCulture, $"the file holds the character U+{(int)text[hidden]:X4}"),
                "no control characters or line separators but line feeds and tabs; in double quotes they can be written as \\uXXXX"
            )
            {
                Line = before.Count('\n') + 1,
                Column = hidden - before.LastIndexOf('\n'),
            };
        }

        try
        {
            return new YamlTree(text).Document();
        }
        catch (Refused e)
        {
            return e.Problem;
        }
        catch (YamlException e)
        {
            return Problem($"the file is no YAML ({e.Message})", "YAML or JSON", e.Start);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // Whatever its reader trips over, a file that can't be read is refused, not thrown at whoever names it.
            return new PolicyProblem("the file can't be read as YAML", "YAML or JSON") { Line = 1, Column = 1 };
        }
    }

    /// <summary>
    /// Where a character stands that ends a line, or the file, for a YAML reader and not for an editor: a rule could hide behind it.
    /// </summary>
    private static int HiddenAt(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            var isLine = c is '\t' or '\n' || (c is '\r' && i + 1 < text.Length && text[i + 1] is '\n');
            if (c is '\u2028' or '\u2029' or '\ufeff' || (char.IsControl(c) && !isLine))
            {
                return i;
            }
        }

        return -1;
    }

    private YamlPart Document()
    {
        _parser.Consume<StreamStart>();
        if (_parser.Accept<StreamEnd>(out var empty))
        {
            throw Refuse("the file is empty", "a mapping", empty.Start);
        }

        _parser.Consume<DocumentStart>();
        var root = Part(0);
        _parser.Consume<DocumentEnd>();
        return _parser.Accept<StreamEnd>(out _) ? root : throw Refuse("there is a second document", "one document", _parser.Current!.Start);
    }

    private YamlPart Part(int depth)
    {
        var start = _parser.Current ?? (_parser.MoveNext() ? _parser.Current : null);
        var mark = start?.Start ?? Mark.Empty;
        if (depth > MostDepth || ++_parts > MostParts)
        {
            throw Refuse("the file is too deep or has too many parts", $"at most {MostDepth} levels and {MostParts} parts", mark);
        }

        if (start is AnchorAlias)
        {
            throw Refuse("there is an alias", "the value itself", mark);
        }

        if (start is NodeEvent { Anchor.IsEmpty: false })
        {
            throw Refuse("there is an anchor", "no anchors: nothing can refer to them", mark);
        }

        if (start is NodeEvent { Tag.IsEmpty: false })
        {
            throw Refuse("there is a tag", "a value without a tag", mark);
        }

        switch (start)
        {
            case Scalar scalar:
                _parser.MoveNext();
                return new YamlText(scalar.Value, scalar.Style == ScalarStyle.Plain, Line(mark), Column(mark));
            case SequenceStart:
                return List(depth, mark);
            case MappingStart:
                return Map(depth, mark);
            default:
                throw Refuse("there is no value", "a value", mark);
        }
    }

    private YamlList List(int depth, Mark mark)
    {
        _parser.Consume<SequenceStart>();
        List<YamlPart> items = [];
        while (!_parser.TryConsume<SequenceEnd>(out _))
        {
            items.Add(NotNull(Part(depth + 1)));
        }

        return new YamlList(items, Line(mark), Column(mark));
    }

    private YamlMap Map(int depth, Mark mark)
    {
        _parser.Consume<MappingStart>();
        List<(YamlText, YamlPart)> entries = [];
        var keys = new HashSet<string>(StringComparer.Ordinal);
        while (!_parser.TryConsume<MappingEnd>(out _))
        {
            var at = _parser.Current!.Start;
            if (Part(depth + 1) is not YamlText key)
            {
                throw Refuse("a key is no text", "a key", at);
            }

            if (string.Equals(key.Text, "<<", StringComparison.Ordinal))
            {
                throw Refuse("there is a merge key", "the keys themselves", at);
            }

            if (!keys.Add(key.Text))
            {
                throw Refuse($"the key '{key.Text}' is there twice", "each key once", at);
            }

            entries.Add((key, NotNull(Part(depth + 1))));
        }

        return new YamlMap(entries, Line(mark), Column(mark));
    }

    private static YamlPart NotNull(YamlPart part) =>
        part is YamlText { IsNull: true }
            ? throw new Refused(
                new PolicyProblem("there is nothing here, which YAML takes for null", "a value") { Line = part.Line, Column = part.Column }
            )
            : part;

    private static Refused Refuse(string message, string expected, Mark mark) => new(Problem(message, expected, mark));

    private static PolicyProblem Problem(string message, string expected, Mark mark) =>
        new(message, expected) { Line = Line(mark), Column = Column(mark) };

    private static int Line(Mark mark) => (int)Math.Max(1, mark.Line);

    private static int Column(Mark mark) => (int)Math.Max(1, mark.Column);

    private sealed class Refused(PolicyProblem problem) : YamlException(problem.Message)
    {
        internal PolicyProblem Problem => problem;
    }
}
