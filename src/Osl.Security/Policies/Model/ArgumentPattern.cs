using Osl.Operations;

namespace Osl.Security.Policies;

/// <summary>Which arguments: the array is matched element by element, never as one joined text.</summary>
public sealed record ArgumentPattern
{
    /// <summary>Any arguments.</summary>
    public static ArgumentPattern Anything { get; } = new() { Any = true };

    /// <summary>No arguments at all.</summary>
    public static ArgumentPattern None { get; } = new();

    /// <summary>Whether any arguments are meant; then there are no elements.</summary>
    public bool Any { get; init; }

    /// <summary>What each argument has to be, in order; none for no arguments. At most 60.</summary>
    public ValueList<ArgumentElement> Elements { get; init; }

    /// <summary>These elements.</summary>
    /// <param name="elements">In order.</param>
    public static ArgumentPattern Of(params ReadOnlySpan<ArgumentElement> elements) => new() { Elements = ValueList.Create(elements) };
}

/// <summary>How an element compares.</summary>
public enum ArgumentKind
{
    /// <summary>One text, exactly.</summary>
    Literal,

    /// <summary>One of several texts, exactly.</summary>
    OneOf,

    /// <summary>A regular expression that has to match the whole argument, in linear time.</summary>
    Pattern,

    /// <summary>Any argument.</summary>
    Any,
}

/// <summary>How often an element comes.</summary>
public enum ArgumentCount
{
    /// <summary>Exactly once.</summary>
    One,

    /// <summary>Once or not at all.</summary>
    Optional,

    /// <summary>As often as there are arguments left, or not at all; the last element only.</summary>
    Rest,
}

/// <summary>What one argument, or all that are left, have to be.</summary>
/// <param name="Kind">How it compares.</param>
/// <param name="Count">How often it comes.</param>
/// <param name="Values">The text, the texts, the regular expression; none for <see cref="ArgumentKind.Any"/>.</param>
public sealed record ArgumentElement(ArgumentKind Kind, ArgumentCount Count, ValueList<string> Values)
{
    /// <summary>Any one argument.</summary>
    public static ArgumentElement Any { get; } = new(ArgumentKind.Any, ArgumentCount.One, []);

    /// <summary>Whatever is left.</summary>
    public static ArgumentElement RestAny { get; } = Any with { Count = ArgumentCount.Rest };

    /// <summary>One text, exactly.</summary>
    /// <param name="text">The text.</param>
    public static ArgumentElement Literal(string text) => new(ArgumentKind.Literal, ArgumentCount.One, [text]);

    /// <summary>One of several texts.</summary>
    /// <param name="texts">The texts.</param>
    public static ArgumentElement OneOf(params ReadOnlySpan<string> texts) =>
        new(ArgumentKind.OneOf, ArgumentCount.One, ValueList.Create(texts));

    /// <summary>What a regular expression matches as a whole.</summary>
    /// <param name="expression">Without look-around, back-references and atomic groups, which can't be matched in linear time.</param>
    public static ArgumentElement Pattern(string expression) => new(ArgumentKind.Pattern, ArgumentCount.One, [expression]);

    /// <summary>Everything that is left, each matched as a whole.</summary>
    /// <param name="expression">As for <see cref="Pattern"/>.</param>
    public static ArgumentElement Rest(string expression) => Pattern(expression) with { Count = ArgumentCount.Rest };

    /// <summary>Everything that is left, each one of several texts.</summary>
    /// <param name="texts">The texts.</param>
    public static ArgumentElement RestOneOf(params ReadOnlySpan<string> texts) => OneOf(texts) with { Count = ArgumentCount.Rest };

    /// <summary>The same, but it may be missing.</summary>
    public ArgumentElement AsOptional() => this with { Count = ArgumentCount.Optional };

    /// <summary>One text, exactly.</summary>
    /// <param name="text">The text.</param>
    public static implicit operator ArgumentElement(string text) => Literal(text);
}
