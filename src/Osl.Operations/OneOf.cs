using System.Diagnostics.CodeAnalysis;

namespace Osl.Operations;

/// <summary>
/// A value that is either a <typeparamref name="T0"/> (by convention the success) or a <typeparamref name="T1"/>
/// (by convention the failure).
/// </summary>
/// <remarks>
/// The member names are those of the well-known OneOf package, which our feed does not carry (see adr/0002-own-oneof.md).
/// A <c>default</c> value is neither: reading it throws, so that an uninitialised value is never taken for a success.
/// </remarks>
/// <typeparam name="T0">The first case. A class or record: interfaces can't be converted implicitly.</typeparam>
/// <typeparam name="T1">The second case.</typeparam>
public readonly struct OneOf<T0, T1> : IEquatable<OneOf<T0, T1>>
    where T0 : notnull
    where T1 : notnull
{
    private readonly object? _value;
    private readonly byte _case;

    private OneOf(object value, byte which)
    {
        ArgumentNullException.ThrowIfNull(value);
        _value = value;
        _case = which;
    }

    /// <summary>Whether this is the first case.</summary>
    public bool IsT0 => _case == 1;

    /// <summary>Whether this is the second case.</summary>
    public bool IsT1 => _case == 2;

    /// <summary>Which case this is: 0 or 1.</summary>
    /// <exception cref="InvalidOperationException">The value was never set.</exception>
    public int Index => _case == 0 ? throw Unset() : _case - 1;

    /// <summary>The value, whichever case it is.</summary>
    /// <exception cref="InvalidOperationException">The value was never set.</exception>
    public object Value => _value ?? throw Unset();

    /// <summary>The value of the first case.</summary>
    /// <exception cref="InvalidOperationException">It is the other case, or was never set.</exception>
    public T0 AsT0 => IsT0 ? (T0)_value! : throw Wrong(0);

    /// <summary>The value of the second case.</summary>
    /// <exception cref="InvalidOperationException">It is the other case, or was never set.</exception>
    public T1 AsT1 => IsT1 ? (T1)_value! : throw Wrong(1);

    /// <summary>Wraps a value of the first case.</summary>
    /// <param name="value">The value; not null.</param>
    public static OneOf<T0, T1> FromT0(T0 value) => new(value, 1);

    /// <summary>Wraps a value of the second case.</summary>
    /// <param name="value">The value; not null.</param>
    public static OneOf<T0, T1> FromT1(T1 value) => new(value, 2);

    /// <summary>Wraps a value of the first case.</summary>
    /// <param name="value">The value; not null.</param>
    public static implicit operator OneOf<T0, T1>(T0 value) => FromT0(value);

    /// <summary>Wraps a value of the second case.</summary>
    /// <param name="value">The value; not null.</param>
    public static implicit operator OneOf<T0, T1>(T1 value) => FromT1(value);

    /// <summary>Computes a result from whichever case this is.</summary>
    /// <param name="f0">Called with the first case.</param>
    /// <param name="f1">Called with the second case.</param>
    /// <typeparam name="TResult">The result.</typeparam>
    public TResult Match<TResult>(Func<T0, TResult> f0, Func<T1, TResult> f1)
    {
        ArgumentNullException.ThrowIfNull(f0);
        ArgumentNullException.ThrowIfNull(f1);
        return Index == 0 ? f0((T0)_value!) : f1((T1)_value!);
    }

    /// <summary>Acts on whichever case this is.</summary>
    /// <param name="f0">Called with the first case.</param>
    /// <param name="f1">Called with the second case.</param>
    public void Switch(Action<T0> f0, Action<T1> f1)
    {
        ArgumentNullException.ThrowIfNull(f0);
        ArgumentNullException.ThrowIfNull(f1);
        if (Index == 0)
        {
            f0((T0)_value!);
        }
        else
        {
            f1((T1)_value!);
        }
    }

    /// <summary>Converts the first case and leaves the second as it is.</summary>
    /// <param name="map">Called with the first case.</param>
    /// <typeparam name="TResult">The new first case.</typeparam>
    public OneOf<TResult, T1> MapT0<TResult>(Func<T0, TResult> map)
        where TResult : notnull
    {
        ArgumentNullException.ThrowIfNull(map);
        return Index == 0 ? map((T0)_value!) : (T1)_value!;
    }

    /// <summary>Takes the value apart: the first case in <paramref name="value"/>, else the second in <paramref name="remainder"/>.</summary>
    /// <param name="value">The first case, when the answer is true.</param>
    /// <param name="remainder">The second case, when the answer is false.</param>
    public bool TryPickT0([MaybeNullWhen(false)] out T0 value, [MaybeNullWhen(true)] out T1 remainder)
    {
        var first = Index == 0;
        value = first ? (T0)_value! : default;
        remainder = first ? default : (T1)_value!;
        return first;
    }

    /// <summary>Takes the value apart: the second case in <paramref name="value"/>, else the first in <paramref name="remainder"/>.</summary>
    /// <param name="value">The second case, when the answer is true.</param>
    /// <param name="remainder">The first case, when the answer is false.</param>
    public bool TryPickT1([MaybeNullWhen(false)] out T1 value, [MaybeNullWhen(true)] out T0 remainder) =>
        !TryPickT0(out remainder, out value);

    /// <inheritdoc/>
    public bool Equals(OneOf<T0, T1> other) => _case == other._case && Equals(_value, other._value);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is OneOf<T0, T1> other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(_case, _value);

    /// <summary>Whether both are the same case with equal values.</summary>
    /// <param name="left">One side.</param>
    /// <param name="right">The other side.</param>
    public static bool operator ==(OneOf<T0, T1> left, OneOf<T0, T1> right) => left.Equals(right);

    /// <summary>Whether they differ in case or value.</summary>
    /// <param name="left">One side.</param>
    /// <param name="right">The other side.</param>
    public static bool operator !=(OneOf<T0, T1> left, OneOf<T0, T1> right) => !left.Equals(right);

    /// <inheritdoc/>
    public override string ToString() => _value?.ToString() ?? "(unset)";

    private static InvalidOperationException Unset() => new("This OneOf was never given a value; it is neither case.");

    private InvalidOperationException Wrong(int wanted) =>
        _case == 0 ? Unset() : new InvalidOperationException($"Asked for case {wanted}, but it is case {_case - 1}: {_value}.");
}
