using System.Collections;
using System.Runtime.CompilerServices;
using System.Text.Json.Serialization;

namespace Osl.Operations;

/// <summary>An immutable list that compares by value, so that records which hold one do too. <c>default</c> is the empty list.</summary>
/// <remarks>Takes collection expressions: <c>["status", "--short"]</c>.</remarks>
/// <typeparam name="T">The element.</typeparam>
[CollectionBuilder(typeof(ValueList), nameof(ValueList.Create))]
[JsonConverter(typeof(ValueListConverterFactory))]
public readonly struct ValueList<T> : IReadOnlyList<T>, IEquatable<ValueList<T>>
{
    // An array of our own and no ImmutableArray: what that makes of our structures is compiled anew at each start.
    private readonly T[]? _items;

    internal ValueList(T[] items) => _items = items;

    private T[] Items => _items ?? [];

    /// <summary>How many elements.</summary>
    public int Count => Items.Length;

    /// <summary>The element at a place.</summary>
    /// <param name="index">From 0 to <see cref="Count"/> - 1.</param>
    public T this[int index] => Items[index];

    /// <summary>The elements, without copying.</summary>
    public ReadOnlySpan<T> AsSpan() => _items;

    /// <summary>A list with one more element at the end.</summary>
    /// <param name="item">The element.</param>
    public ValueList<T> Add(T item) => new([.. Items, item]);

    /// <summary>A list with more elements at the end.</summary>
    /// <param name="items">The elements.</param>
    public ValueList<T> AddRange(IEnumerable<T> items) => new([.. Items, .. items]);

    /// <inheritdoc/>
    public bool Equals(ValueList<T> other) => AsSpan().SequenceEqual(other.AsSpan(), EqualityComparer<T>.Default);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is ValueList<T> other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = new HashCode();
        foreach (var item in AsSpan())
        {
            hash.Add(item);
        }

        return hash.ToHashCode();
    }

    /// <summary>Enumerates without allocating.</summary>
    public Enumerator GetEnumerator() => new(Items);

    /// <inheritdoc/>
    IEnumerator<T> IEnumerable<T>.GetEnumerator() => ((IEnumerable<T>)Items).GetEnumerator();

    /// <inheritdoc/>
    IEnumerator IEnumerable.GetEnumerator() => Items.GetEnumerator();

    /// <summary>Whether both hold equal elements in the same order.</summary>
    /// <param name="left">One side.</param>
    /// <param name="right">The other side.</param>
    public static bool operator ==(ValueList<T> left, ValueList<T> right) => left.Equals(right);

    /// <summary>Whether they differ.</summary>
    /// <param name="left">One side.</param>
    /// <param name="right">The other side.</param>
    public static bool operator !=(ValueList<T> left, ValueList<T> right) => !left.Equals(right);

    /// <summary>The elements, separated by commas; arguments with their secrets masked.</summary>
    public override string ToString() =>
        // One by one, arguments can't tell that the one before was --password.
        this is ValueList<Processes.Argument> arguments
            ? $"[{string.Join(", ", Processes.Redaction.MaskArguments(arguments).Items)}]"
            : $"[{string.Join(", ", Items)}]";

    /// <summary>Goes through a list; a structure, and not one that lives on the stack only, so that it can be awaited in.</summary>
    public struct Enumerator
    {
        private readonly T[] _items;
        private int _next;

        internal Enumerator(T[] items) => _items = items;

        /// <summary>The element it stands at.</summary>
        public readonly T Current => _items[_next - 1];

        /// <summary>Goes to the next one.</summary>
        /// <returns>False at the end.</returns>
        public bool MoveNext() => ++_next <= _items.Length;
    }
}

/// <summary>Makes <see cref="ValueList{T}"/> values.</summary>
public static class ValueList
{
    /// <summary>From the elements of a collection expression.</summary>
    /// <param name="items">The elements; copied.</param>
    /// <typeparam name="T">The element.</typeparam>
    public static ValueList<T> Create<T>(ReadOnlySpan<T> items) => new([.. items]);

    /// <summary>From any sequence; copied.</summary>
    /// <param name="items">The elements.</param>
    /// <typeparam name="T">The element.</typeparam>
    public static ValueList<T> ToValueList<T>(this IEnumerable<T> items) => new([.. items]);
}
