using FluentValidation;
using FluentValidation.Results;

namespace Osl.Operations;

/// <summary>
/// A FluentValidation validator that checks the whole operation in one method, without I/O, and reports everything that is wrong.
/// </summary>
/// <remarks>
/// It is a validator like any other: it can be included, injected, extended by rules. It hooks in before the rules, since a rule
/// needs compiled expression trees (tens of milliseconds at first use) and a validation context (several hundred bytes a call), which
/// every start of a program would pay: knowledge/validation-cost.md has the measurements.
/// </remarks>
/// <typeparam name="T">The operation.</typeparam>
internal abstract class ShapeValidator<T> : AbstractValidator<T>, IValidator<T>
    where T : class, IOperation
{
    /// <summary>Adds whatever is wrong with the operation.</summary>
    /// <param name="operation">The operation.</param>
    /// <param name="failures">Where to add.</param>
    protected abstract void Check(T operation, ref ShapeFailures failures);

    /// <summary>The way every operation takes: no context is needed when nobody asks for rule sets or for an exception.</summary>
    ValidationResult IValidator<T>.Validate(T instance)
    {
        ArgumentNullException.ThrowIfNull(instance);
        var failures = new ShapeFailures();
        Check(instance, ref failures);
        return failures.ToResult();
    }

    /// <inheritdoc/>
    protected override bool PreValidate(ValidationContext<T> context, ValidationResult result)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(result);
        var failures = new ShapeFailures();
        Check(context.InstanceToValidate, ref failures);
        result.Errors.AddRange(failures.ToResult().Errors);
        return true;
    }
}

/// <summary>What is wrong with a shape: one sentence each, naming the member; never a value of an argument or a variable.</summary>
internal struct ShapeFailures
{
    /// <summary>So many are listed; the rest is counted. A hostile operation could have millions.</summary>
    private const int Limit = 64;

    private List<ValidationFailure>? _found;
    private int _unlisted;

    /// <summary>Where the members are: empty, or <c>Spawn.</c></summary>
    public string? Prefix { get; set; }

    /// <summary>Something is wrong.</summary>
    /// <param name="member">The member's name.</param>
    /// <param name="flaw">What is wrong, as the rest of a sentence without its full stop.</param>
    public void Add(string member, string flaw)
    {
        _found ??= [];
        if (_found.Count >= Limit)
        {
            _unlisted++;
            return;
        }

        var path = Prefix + member;
        _found.Add(new ValidationFailure(path, $"{path} {flaw}."));
    }

    /// <summary>The same, for an element of a list.</summary>
    /// <param name="list">The list's name.</param>
    /// <param name="index">The element's place.</param>
    /// <param name="flaw">What is wrong.</param>
    public void Add(string list, int index, string flaw) => Add($"{list}[{index}]", flaw);

    /// <summary>A text that has to be there: not empty, well-formed, without NUL, not longer than anything of its kind is.</summary>
    /// <param name="member">The member's name.</param>
    /// <param name="text">The text.</param>
    /// <param name="limit">Its greatest length in UTF-16 code units.</param>
    public void RequireText(string member, string? text, int limit)
    {
        if (TextFlaw(text, limit) is { } flaw)
        {
            Add(member, flaw);
        }
    }

    /// <summary>A list of texts, each as for <see cref="RequireText"/>.</summary>
    /// <param name="list">The list's name.</param>
    /// <param name="texts">The texts.</param>
    /// <param name="limit">Their greatest length in UTF-16 code units.</param>
    public void RequireTexts(string list, ValueList<string> texts, int limit)
    {
        for (var index = 0; index < texts.Count; index++)
        {
            if (TextFlaw(texts[index], limit) is { } flaw)
            {
                Add(list, index, flaw);
            }
        }
    }

    /// <summary>A number within bounds, both included.</summary>
    /// <param name="member">The member's name.</param>
    /// <param name="number">The number; null when none is given, which is fine.</param>
    /// <param name="least">The smallest.</param>
    /// <param name="most">The greatest.</param>
    public void RequireRange(string member, long? number, long least, long most)
    {
        if (number < least || number > most)
        {
            Add(member, most == long.MaxValue ? $"has to be at least {least}" : $"has to be from {least} to {most}");
        }
    }

    /// <summary>A named value of an enumeration: any number can be cast to one.</summary>
    /// <param name="member">The member's name.</param>
    /// <param name="value">The value.</param>
    /// <typeparam name="TEnum">The enumeration.</typeparam>
    public void RequireDefined<TEnum>(string member, TEnum value)
        where TEnum : struct, Enum
    {
        if (!Enum.IsDefined(value))
        {
            Add(member, $"is no {typeof(TEnum).Name}");
        }
    }

    /// <summary>What is wrong with a text that has to be there, or null.</summary>
    /// <param name="text">The text.</param>
    /// <param name="limit">Its greatest length in UTF-16 code units.</param>
    public static string? TextFlaw(string? text, int limit) =>
        string.IsNullOrEmpty(text) ? "is empty"
        : text.Length > limit ? $"is longer than {limit} characters"
        : CharacterFlaw(text);

    /// <summary>What is wrong with the characters of a text, or null. The kernel ends texts at NUL; JSON turns lone surrogates into U+FFFD.</summary>
    /// <param name="text">The text.</param>
    public static string? CharacterFlaw(string text) =>
        text.Contains('\0', StringComparison.Ordinal) ? "holds a NUL character"
        : IsWellFormed(text) ? null
        : "is not well-formed UTF-16: it holds half of a surrogate pair";

    /// <summary>FluentValidation's answer.</summary>
    public readonly ValidationResult ToResult()
    {
        if (_found is null)
        {
            return new ValidationResult();
        }

        if (_unlisted > 0)
        {
            _found.Add(new ValidationFailure("", $"There are {_unlisted} more failures."));
        }

        return new ValidationResult(_found);
    }

    private static bool IsWellFormed(ReadOnlySpan<char> text)
    {
        var at = text.IndexOfAnyInRange('\uD800', '\uDFFF');
        while (at >= 0)
        {
            if (at + 1 >= text.Length || !char.IsSurrogatePair(text[at], text[at + 1]))
            {
                return false;
            }

            text = text[(at + 2)..];
            at = text.IndexOfAnyInRange('\uD800', '\uDFFF');
        }

        return true;
    }
}
