using Microsoft.Extensions.Logging;
using Serilog.Core;
using Serilog.Events;

namespace Osl.Extensions.Hosting;

/// <summary>Passes what Osl logs on to the application's own log, with its properties.</summary>
internal sealed class ForwardingSink(ILogger logger) : ILogEventSink
{
    public void Emit(LogEvent logEvent)
    {
        var level = LevelOf(logEvent.Level);
        if (!logger.IsEnabled(level))
        {
            return;
        }

        var state = logEvent
            .Properties.Select(property => new KeyValuePair<string, object?>(
                property.Key,
                property.Value is ScalarValue scalar
                    ? scalar.Value
                    : property.Value.ToString(null, System.Globalization.CultureInfo.InvariantCulture)
            ))
            .Append(new("{OriginalFormat}", logEvent.MessageTemplate.Text))
            .ToArray();
        logger.Log(
            level,
            default,
            state,
            logEvent.Exception,
            (_, _) => logEvent.RenderMessage(System.Globalization.CultureInfo.InvariantCulture)
        );
    }

    private static LogLevel LevelOf(LogEventLevel level) =>
        level switch
        {
            LogEventLevel.Verbose => LogLevel.Trace,
            LogEventLevel.Debug => LogLevel.Debug,
            LogEventLevel.Information => LogLevel.Information,
            LogEventLevel.Warning => LogLevel.Warning,
            LogEventLevel.Error => LogLevel.Error,
            _ => LogLevel.Critical,
        };
}
