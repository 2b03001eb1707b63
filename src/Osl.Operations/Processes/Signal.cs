using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Osl.Operations.Processes;

/// <summary>
/// A signal (signal(7)), by number and name. The numbers are Linux's on x86-64 and arm64; a platform executor maps them to its own.
/// </summary>
[JsonConverter(typeof(SignalConverter))]
public readonly record struct Signal
{
    private static readonly string[] Names =
    [
        "0",
        "HUP",
        "INT",
        "QUIT",
        "ILL",
        "TRAP",
        "ABRT",
        "BUS",
        "FPE",
        "KILL",
        "USR1",
        "SEGV",
        "USR2",
        "PIPE",
        "ALRM",
        "TERM",
        "STKFLT",
        "CHLD",
        "CONT",
        "STOP",
        "TSTP",
        "TTIN",
        "TTOU",
        "URG",
        "XCPU",
        "XFSZ",
        "VTALRM",
        "PROF",
        "WINCH",
        "IO",
        "PWR",
        "SYS",
    ];

    private static readonly Dictionary<string, int> Numbers = ByName();

    private Signal(int number) => Number = number;

    /// <summary>The number: 1 to 64, or 0 for the default value, which no operation accepts.</summary>
    public int Number { get; }

    /// <summary>The name without SIG, such as <c>TERM</c>; for a real-time signal its number.</summary>
    public string Name => Number < Names.Length ? Names[Number] : Number.ToString(CultureInfo.InvariantCulture);

    /// <summary>1: the terminal is gone; by custom, read the configuration again.</summary>
    public static Signal Hangup { get; } = new(1);

    /// <summary>2: interrupted from the keyboard.</summary>
    public static Signal Interrupt { get; } = new(2);

    /// <summary>9: ended at once; can't be caught.</summary>
    public static Signal Kill { get; } = new(9);

    /// <summary>15: please end.</summary>
    public static Signal Terminate { get; } = new(15);

    /// <summary>18: go on after a stop.</summary>
    public static Signal Continue { get; } = new(18);

    /// <summary>19: stopped; can't be caught.</summary>
    public static Signal Stop { get; } = new(19);

    /// <summary>Every name that is understood, without SIG, in the order of the numbers.</summary>
    public static IReadOnlyList<string> KnownNames { get; } = Names[1..];

    /// <summary>From a number.</summary>
    /// <param name="number">1 to 64.</param>
    /// <exception cref="ArgumentOutOfRangeException">Not a signal.</exception>
    public static Signal FromNumber(int number) =>
        number is >= 1 and <= 64 ? new(number) : throw new ArgumentOutOfRangeException(nameof(number), number, "A signal is 1 to 64.");

    /// <summary>From what a person types: <c>TERM</c>, <c>SIGTERM</c>, <c>term</c> or <c>15</c>.</summary>
    /// <param name="text">The name or number.</param>
    /// <param name="signal">The signal.</param>
    public static bool TryParse([NotNullWhen(true)] string? text, out Signal signal)
    {
        signal = default;
        if (string.IsNullOrEmpty(text))
        {
            return false;
        }

        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
        {
            signal = number is >= 1 and <= 64 ? new Signal(number) : default;
            return signal.Number != 0;
        }

        var name = text.StartsWith("SIG", StringComparison.OrdinalIgnoreCase) ? text[3..] : text;
        if (Numbers.TryGetValue(name, out number))
        {
            signal = new Signal(number);
        }

        return signal.Number != 0;
    }

    /// <summary>The name with SIG, or <c>signal 34</c>.</summary>
    public override string ToString() => Number < Names.Length ? $"SIG{Name}" : $"signal {Name}";

    private static Dictionary<string, int> ByName()
    {
        // By a loop: what LINQ makes of pairs is compiled anew at each start.
        var numbers = new Dictionary<string, int>(StringComparer.OrdinalIgnoreCase)
        {
            ["IOT"] = 6,
            ["CLD"] = 17,
            ["POLL"] = 29,
        };
        for (var number = 1; number < Names.Length; number++)
        {
            numbers.Add(Names[number], number);
        }

        return numbers;
    }
}

internal sealed class SignalConverter : JsonConverter<Signal>
{
    public override Signal Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.String && Signal.TryParse(reader.GetString(), out var signal)
            ? signal
            : throw new OperationFormException("has to be the name of a signal, such as TERM, or its number, as a text");

    public override void Write(Utf8JsonWriter writer, Signal value, JsonSerializerOptions options) => writer.WriteStringValue(value.Name);
}
