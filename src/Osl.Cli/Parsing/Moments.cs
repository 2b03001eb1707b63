using System.CommandLine;
using System.Globalization;

namespace Osl.Cli.Parsing;

/// <summary>A point in time as people type it: so long ago, or by the calendar.</summary>
/// <param name="Ago">So long ago; null where it is by the calendar.</param>
/// <param name="At">By the calendar.</param>
internal sealed record Moment(TimeSpan? Ago, DateTimeOffset At)
{
    private const string Form = "a duration (1h: so long ago) or a time (2026-11-21T15:00:00Z; without Z in local time)";

    private static readonly string[] Forms =
    [
        "yyyy-MM-dd",
        "yyyy-MM-dd'T'HH:mm",
        "yyyy-MM-dd'T'HH:mm:ss",
        "yyyy-MM-dd'T'HH:mm:ss.FFFFFFF",
        "yyyy-MM-dd'T'HH:mmK",
        "yyyy-MM-dd'T'HH:mm:ssK",
        "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK",
    ];

    /// <summary>Which one that is, seen from now.</summary>
    internal DateTimeOffset SeenFrom(DateTimeOffset now) => Ago is { } ago ? now - ago : At;

    internal static Option<Moment?> Option(string name, string description) =>
        new(name)
        {
            HelpName = "T",
            Description = $"{description} T is {Form}.",
            CustomParser = result =>
            {
                var text = result.Tokens[0].Value;
                if (Durations.TryParse(text, out var ago))
                {
                    return new Moment(ago, default);
                }

                if (DateTimeOffset.TryParseExact(text, Forms, CultureInfo.InvariantCulture, DateTimeStyles.AssumeLocal, out var at))
                {
                    return new Moment(null, at);
                }

                result.AddError($"{name}: '{text}' is no time; write {Form}.");
                return null;
            },
        };
}
