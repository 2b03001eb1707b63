using System.Numerics;
using System.Text.RegularExpressions;
using Osl.Operations;
using Osl.Operations.Processes;

namespace Osl.Security.Policies;

/// <summary>
/// A compiled <see cref="ArgumentPattern"/>. All the ways through the elements are followed at once, a bit each, so that optional
/// elements cost no backtracking: arguments × elements at most.
/// </summary>
internal sealed class ArgumentMatcher
{
    internal const int MostElements = 60;

    private readonly ArgumentElement[] _elements;
    private readonly Regex?[] _patterns;
    private readonly bool _any;
    private readonly Action? _comparing;

    /// <param name="pattern">It was checked.</param>
    /// <param name="patterns">Those of its policy; null for one that stands alone.</param>
    /// <param name="comparing">Told of every comparison of an argument with an element; for the test that counts them.</param>
    internal ArgumentMatcher(ArgumentPattern pattern, PatternTable? patterns = null, Action? comparing = null)
    {
        _comparing = comparing;
        patterns ??= new PatternTable();
        _any = pattern.Any;
        _elements = [.. pattern.Elements];
        _patterns =
        [
            .. _elements.Select(element => element.Kind == ArgumentKind.Pattern ? patterns.TryCompile(element.Values[0], out _) : null),
        ];
    }

    /// <summary>Whether the whole array matches.</summary>
    /// <param name="arguments">Without the program.</param>
    /// <param name="matched">How many arguments from the start were matched by some way through the elements.</param>
    internal bool IsMatch(ReadOnlySpan<Argument> arguments, out int matched)
    {
        matched = arguments.Length;
        if (_any)
        {
            return true;
        }

        var states = Skip(1UL);
        for (var i = 0; i < arguments.Length; i++)
        {
            states = Step(states, arguments[i].Value);
            if (states == 0)
            {
                matched = i;
                return false;
            }
        }

        return (states & (1UL << _elements.Length)) != 0;
    }

    /// <summary>The same for texts.</summary>
    internal bool IsMatch(IEnumerable<string> arguments) => IsMatch(arguments.Select(argument => (Argument)argument).ToArray(), out _);

    /// <summary>Whether some element would take this argument, wherever it comes.</summary>
    internal bool AcceptsSomewhere(string argument)
    {
        for (var i = 0; i < _elements.Length; i++)
        {
            if (Takes(i, argument))
            {
                return true;
            }
        }

        return _any;
    }

    private ulong Step(ulong states, string argument)
    {
        var next = 0UL;
        while (states != 0)
        {
            var at = BitOperations.TrailingZeroCount(states);
            states &= states - 1;
            if (at < _elements.Length && Takes(at, argument))
            {
                next |= 1UL << (_elements[at].Count == ArgumentCount.Rest ? at : at + 1);
            }
        }

        return Skip(next);
    }

    // What may be missing may be passed by without an argument.
    private ulong Skip(ulong states)
    {
        for (var i = 0; i < _elements.Length; i++)
        {
            if ((states & (1UL << i)) != 0 && _elements[i].Count != ArgumentCount.One)
            {
                states |= 1UL << (i + 1);
            }
        }

        return states;
    }

    private bool Takes(int index, string argument)
    {
        _comparing?.Invoke();
        var element = _elements[index];
        switch (element.Kind)
        {
            case ArgumentKind.Any:
                return true;
            case ArgumentKind.Pattern:
                return _patterns[index]!.IsMatch(argument);
            default:
                foreach (var value in element.Values)
                {
                    if (string.Equals(value, argument, StringComparison.Ordinal))
                    {
                        return true;
                    }
                }

                return false;
        }
    }
}
