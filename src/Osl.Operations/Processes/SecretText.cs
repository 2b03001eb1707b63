using System.Buffers;
using System.Runtime.InteropServices;
using System.Text;

namespace Osl.Operations.Processes;

/// <summary>Finds what looks like a secret within one text.</summary>
/// <remarks>
/// <para>
/// Three shapes are looked for, at every place, from left to right (knowledge/secrets.md has examples of each):
/// a key that is named like a secret, with <c>=</c> or <c>:</c> and its value; user information in a URL; <c>Bearer</c> and its token.
/// </para>
/// <para>
/// How much is masked depends on where the key stands. At the beginning (<c>--password=…</c>, <c>API_KEY=…</c>, <c>X-Api-Key: …</c>)
/// all that follows is its value, spaces included. In the middle of a longer text (a shell script, a URL's query, JSON) the value
/// ends with its quotes, or at white space or the next separator, so that a reviewer still sees the rest of the command.
/// </para>
/// <para>
/// Masking too much costs a reviewer a word; masking too little costs a password. Nothing is guessed from how a value looks.
/// Comparisons ignore case by ordinal rules. Every position is passed once forwards and once backwards, whatever the text.
/// </para>
/// </remarks>
internal static class SecretText
{
    private const string Bearer = "bearer";

    /// <summary>A bound for texts that are made to need ever more passes.</summary>
    private const int MostPasses = 8;

    /// <summary>A key that holds one of these is a secret's.</summary>
    private static readonly SearchValues<string> SecretWords = SearchValues.Create(
        [
            "password",
            "passwd",
            "passphrase",
            "passcode",
            "pwd",
            "secret",
            "token",
            "api-key",
            "api_key",
            "api.key",
            "apikey",
            "access-key",
            "access_key",
            "accesskey",
            "private-key",
            "private_key",
            "privatekey",
            "credential",
            "authorization",
            "cookie",
        ],
        StringComparison.OrdinalIgnoreCase
    );

    /// <summary>A text with none of these has nothing to mask.</summary>
    private static readonly SearchValues<string> Triggers = SearchValues.Create(
        ["pass", "pwd", "secret", "token", "key", "credential", "auth", "cookie", Bearer, "://"],
        StringComparison.OrdinalIgnoreCase
    );

    /// <summary>Secrets only as the last word of a key: <c>DB_PASS</c>, <c>--basic-auth</c>; not <c>compass</c> or <c>--auth-type</c>.</summary>
    private static readonly string[] LastWords = ["pass", "passin", "passout", "auth", "authentication"];

    /// <summary>As the last word of a key these say that the value only leads to a secret, or describes it: <c>--token-file</c>.</summary>
    private static readonly string[] HarmlessLastWords = ["file", "path", "dir", "directory", "stdin", "fd", "type", "ttl", "length"];

    private static readonly SearchValues<char> Marks = SearchValues.Create("=:bB");
    private static readonly SearchValues<char> EndOfAuthority = SearchValues.Create("/?#\\\"'<>` \t\r\n");
    private static readonly SearchValues<char> EndOfUrl = SearchValues.Create("\"'<>` \t\r\n");
    private static readonly SearchValues<char> EndOfWord = SearchValues.Create("&;|\"'`<> \t\r\n");
    private static readonly SearchValues<char> EndOfLine = SearchValues.Create("\r\n");

    /// <summary>The text with every secret in it replaced by the mask; the same instance when there is none.</summary>
    /// <param name="text">Any text.</param>
    public static string Mask(string text)
    {
        if (!text.AsSpan().ContainsAny(Triggers))
        {
            return text;
        }

        // A mask can bring together what a secret stood between, such as a scheme and an @. It is rare to need a second pass.
        for (var pass = 0; pass < MostPasses; pass++)
        {
            var masked = MaskOnce(text);
            if (ReferenceEquals(masked, text))
            {
                break;
            }

            text = masked;
        }

        return text;
    }

    private static string MaskOnce(string text)
    {
        StringBuilder? masked = null;
        var copied = 0;
        var scan = new Scan(text);
        while (scan.Next(out var secret))
        {
            if (text.AsSpan(secret.Start, secret.Length).SequenceEqual(Argument.Mask))
            {
                continue;
            }

            masked ??= new StringBuilder(text.Length);
            masked.Append(text, copied, secret.Start - copied).Append(Argument.Mask);
            copied = secret.Start + secret.Length;
        }

        return masked is null ? text : masked.Append(text, copied, text.Length - copied).ToString();
    }

    /// <summary>Whether an argument is an option whose value, a secret, is the next argument: <c>--password</c>, <c>-token</c>.</summary>
    /// <param name="argument">The argument.</param>
    public static bool IsOptionAwaitingSecret(string argument)
    {
        var name = argument.AsSpan().TrimStart('-');
        return name.Length is > 0 and < 128
            && name.Length < argument.Length
            && name.IndexOfAny("=: ") < 0
            && !name.StartsWith("no-", StringComparison.OrdinalIgnoreCase)
            && IsSecretKey(name);
    }

    private static bool IsSecretKey(ReadOnlySpan<char> key)
    {
        key = key.TrimEnd(']');
        var lastWord = key[(key.LastIndexOfAny("-_.[") + 1)..];
        return key.ContainsAny(SecretWords) ? !IsOneOf(lastWord, HarmlessLastWords) : IsOneOf(lastWord, LastWords);
    }

    /// <summary>These are followed by a colon in headers only, with or without a space.</summary>
    private static bool IsHeaderKey(ReadOnlySpan<char> key) =>
        key.EndsWith("authorization", StringComparison.OrdinalIgnoreCase) || key.EndsWith("cookie", StringComparison.OrdinalIgnoreCase);

    private static bool IsOneOf(ReadOnlySpan<char> word, string[] words)
    {
        foreach (var candidate in words)
        {
            if (word.Equals(candidate, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }

    private static bool IsKeyCharacter(char character) => char.IsLetterOrDigit(character) || character is '-' or '_' or '.' or '[' or ']';

    private static bool IsQuote(char character) => character is '"' or '\'' or '`';

    /// <summary>Where a secret stands.</summary>
    [StructLayout(LayoutKind.Auto)]
    private readonly record struct Place(int Start, int Length);

    /// <summary>One pass over a text.</summary>
    private ref struct Scan(ReadOnlySpan<char> text)
    {
        private readonly ReadOnlySpan<char> _text = text;

        /// <summary>What is before this has been dealt with.</summary>
        private int _at;

        /// <summary>No key begins before this: behind the last separator or secret.</summary>
        private int _floor;

        /// <summary>Up to here no <c>@</c> comes any more: so that looking for one is not done again and again.</summary>
        private int _noUserUntil;

        /// <summary>Where a key would stand at the beginning: 0, or behind a key that is no secret's, as in <c>--set=password=…</c>.</summary>
        private int _beginning;

        /// <summary>The next secret.</summary>
        public bool Next(out Place secret)
        {
            while (_at < _text.Length)
            {
                var step = _text[_at..].IndexOfAny(Marks);
                if (step < 0)
                {
                    break;
                }

                var mark = _at + step;
                var (start, end) = _text[mark] switch
                {
                    '=' => AfterKey(mark),
                    ':' => _text[mark..].StartsWith("://") ? InAuthority(mark + 3) : AfterKey(mark),
                    _ => AfterBearer(mark),
                };
                _at = Math.Max(mark + 1, end);
                if (_text[mark] is '=' or ':' || start < end)
                {
                    _floor = _at;
                }

                if (start < end)
                {
                    secret = new Place(start, end - start);
                    return true;
                }
            }

            _at = _text.Length;
            secret = default;
            return false;
        }

        private (int Start, int End) InAuthority(int start)
        {
            var end = EndAt(start, EndOfAuthority);
            var authority = _text[start..end];
            var user = authority.LastIndexOf('@');
            if (user >= 0)
            {
                return (start, start + user);
            }

            // Behind a host's colon stands a number. If something else does, that is the beginning of a password with a slash in it.
            var port = authority[(authority.LastIndexOf(':') + 1)..];
            if (
                authority is ['[', ..]
                || port.Length == authority.Length
                || !port.ContainsAnyExceptInRange('0', '9')
                || start < _noUserUntil
            )
            {
                return default;
            }

            end = EndAt(start, EndOfUrl);
            user = _text[start..end].LastIndexOf('@');
            _noUserUntil = end;
            return user < 0 ? default : (start, start + user);
        }

        private readonly (int Start, int End) AfterBearer(int mark)
        {
            var start = mark + Bearer.Length;
            if (
                start >= _text.Length
                || !_text[mark..].StartsWith(Bearer, StringComparison.OrdinalIgnoreCase)
                || (mark > 0 && char.IsLetterOrDigit(_text[mark - 1]))
                || !char.IsWhiteSpace(_text[start])
            )
            {
                return default;
            }

            start = SkipSpace(start);
            return (start, EndAt(start, EndOfWord));
        }

        /// <summary>The value behind a separator, when the key before it is a secret's.</summary>
        private (int Start, int End) AfterKey(int mark)
        {
            // Backwards over what may stand between a key and its separator: a closing quote (JSON), spaces, an escape.
            var keyEnd = mark;
            while (keyEnd > _floor && (IsQuote(_text[keyEnd - 1]) || _text[keyEnd - 1] is ' ' or '\t' or '\\'))
            {
                keyEnd--;
            }

            var keyStart = keyEnd;
            while (keyStart > _floor && IsKeyCharacter(_text[keyStart - 1]))
            {
                keyStart--;
            }

            var key = _text[keyStart..keyEnd].TrimStart('-');
            var isOption = key.Length < keyEnd - keyStart || (keyStart == 1 && _text[0] == '/');
            var isAtBeginning = keyStart <= _beginning || (keyStart == 1 && _text[0] == '/');
            if (key.IsEmpty || !IsSecretKey(key))
            {
                _beginning = isAtBeginning ? mark + 1 : _beginning;
                return default;
            }

            var isColon = _text[mark] == ':';
            var isQuotedKey = _text[keyEnd..mark].IndexOfAny("\"'`") >= 0;
            var start = SkipSpace(mark + 1);
            if (isColon && start == mark + 1 && !isQuotedKey && !(isOption && isAtBeginning) && !IsHeaderKey(key))
            {
                // An image or a path with a tag (token:latest), not a header or an option.
                return default;
            }

            if (isAtBeginning && !isQuotedKey)
            {
                return (start, _text.Length);
            }

            return EndOfValue(start, isHeader: isColon && !isQuotedKey, quote: keyStart > 0 ? _text[keyStart - 1] : ' ');
        }

        /// <summary>A value in the middle of a longer text.</summary>
        private readonly (int Start, int End) EndOfValue(int start, bool isHeader, char quote)
        {
            var isEscaped = start < _text.Length && _text[start] == '\\';
            var open = isEscaped ? start + 1 : start;
            if (open < _text.Length && IsQuote(_text[open]))
            {
                return (open + 1, ClosingQuote(open, isEscaped));
            }

            if (!isHeader)
            {
                return (start, EndAt(start, EndOfWord));
            }

            // A header's value goes on to the end of its line, or of the quotes around the whole header.
            var end = EndAt(start, EndOfLine);
            var closing = IsQuote(quote) ? _text[start..end].IndexOf(quote) : -1;
            return (start, closing < 0 ? end : start + closing);
        }

        /// <summary>Where the quote that opens at a place is closed. Quotes that are escaped themselves are closed by such.</summary>
        private readonly int ClosingQuote(int open, bool isEscaped)
        {
            for (var at = open + 1; at < _text.Length; at++)
            {
                if (_text[at] == '\\' && at + 1 < _text.Length)
                {
                    if (isEscaped && _text[at + 1] == _text[open])
                    {
                        return at;
                    }

                    at++;
                }
                else if (_text[at] == _text[open])
                {
                    return at;
                }
            }

            return _text.Length;
        }

        private readonly int EndAt(int start, SearchValues<char> ends)
        {
            var length = _text[start..].IndexOfAny(ends);
            return length < 0 ? _text.Length : start + length;
        }

        private readonly int SkipSpace(int start)
        {
            while (start < _text.Length && _text[start] is ' ' or '\t')
            {
                start++;
            }

            return start;
        }
    }
}
