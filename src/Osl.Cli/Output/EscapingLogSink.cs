using System.Globalization;
using Osl.Operations;
using Serilog;
using Serilog.Core;
using Serilog.Events;

namespace Osl.Cli.Output;

/// <summary>Serilog's events on standard error, for --verbose. What programs and people named themselves is escaped.</summary>
internal sealed class EscapingLogSink(CliIo io) : ILogEventSink
{
    internal static Logger CreateLogger(CliIo io) =>
        new LoggerConfiguration().MinimumLevel.Verbose().WriteTo.Sink(new EscapingLogSink(io)).CreateLogger();

    public void Emit(LogEvent logEvent)
    {
        ArgumentNullException.ThrowIfNull(logEvent);
        var message = DisplayText.Escape(logEvent.RenderMessage(CultureInfo.InvariantCulture));
        io.WriteError(
            string.Create(
                CultureInfo.InvariantCulture,
                $"osl: {logEvent.Timestamp.UtcDateTime:HH:mm:ss.fff} {logEvent.Level.ToString().ToLowerInvariant()}: {message}\n"
            )
        );
        if (logEvent.Exception is { } exception)
        {
            io.WriteError($"{exception}\n");
        }
    }
}
