using System.Text.Json;

namespace Osl.Operations;

/// <summary>What our converters throw: its message says how a field has to look, and never what stands there.</summary>
/// <remarks>
/// The messages of System.Text.Json quote what they could not read, which may be a secret, and are keys instead of sentences where
/// resources are trimmed. So only messages of this type reach anybody.
/// </remarks>
/// <param name="expectation">The rest of a sentence that begins with the field's name, without its full stop.</param>
internal sealed class OperationFormException(string expectation) : JsonException(expectation)
{
    /// <summary>The place within the value at <see cref="JsonException.Path"/>, such as <c>[2].name</c>: paths end at our lists.</summary>
    public string Within { get; private init; } = "";

    /// <summary>The same trouble, seen from the list in which the element stands.</summary>
    /// <param name="inner">The trouble with the element.</param>
    /// <param name="index">The element's place.</param>
    public static OperationFormException InElement(JsonException inner, int index) =>
        new(ExpectationOf(inner)) { Within = $"[{index}]{PathOf(inner)}" };

    /// <summary>Where the trouble is, from the value that was read: empty, or <c>.arguments[2]</c>.</summary>
    /// <param name="exception">The trouble.</param>
    public static string PathOf(JsonException exception) =>
        (exception.Path?.TrimStart('$') ?? "") + (exception as OperationFormException)?.Within;

    /// <summary>How the field has to look.</summary>
    /// <param name="exception">The trouble.</param>
    public static string ExpectationOf(JsonException exception) =>
        exception is OperationFormException ? exception.Message : "is not of the form that belongs there";
}
