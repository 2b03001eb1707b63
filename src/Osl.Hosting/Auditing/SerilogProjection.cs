using Osl.Operations;
using Osl.Operations.Auditing;
using Serilog;
using Serilog.Events;

namespace Osl.Hosting.Auditing;

/// <summary>
/// Tells Serilog of every audit record, beside the journal that is the record. No arguments and no environment: the log goes to
/// more places than the journal does. Values are properties, never part of a template.
/// </summary>
internal sealed class SerilogProjection(IAuditJournal journal, ILogger logger) : IAuditJournal
{
    public ValueTask<OneOf<AuditReceipt, OperationError>> AppendAsync(AuditRecord record, AuditGuarantee guarantee)
    {
        var written = journal.AppendAsync(record, guarantee);
        Tell(logger, record);
        return written;
    }

    /// <summary>Tells of a record that the journal has made itself: a gap.</summary>
    internal static void Tell(ILogger logger, AuditRecord record)
    {
        var level = LevelOf(record);
        if (record.Type == AuditRecordType.Gap)
        {
            logger.Write(
                level,
                "{AuditType:l}: {Missing} records of the journal are missing, due from {From} to {To}",
                record.Type.ToString(),
                record.GapCount,
                record.GapFrom,
                record.GapTo
            );
            return;
        }

        if (logger.IsEnabled(level))
        {
            logger.Write(
                level,
                "{AuditType:l} {OperationType:l} {Operation:l} {Outcome:l} by {Principal}: program {Program}, pid {Pid}, pgid {Pgid}, rule {Rule:l}",
                record.Type.ToString(),
                record.OperationType,
                record.Operation?.ToString(),
                record.Outcome ?? record.ExitSignal ?? record.ExitCode?.ToString(System.Globalization.CultureInfo.InvariantCulture),
                record.Principal,
                record.Executable?.Path,
                record.Pid,
                record.Pgid ?? record.TargetPgid,
                record.Rule
            );
        }
    }

    private static LogEventLevel LevelOf(AuditRecord record) =>
        record.Type switch
        {
            AuditRecordType.Gap => LogEventLevel.Error,
            AuditRecordType.Refusal => LogEventLevel.Warning,
            AuditRecordType.Outcome when record.Outcome is not "succeeded" => LogEventLevel.Warning,
            _ => LogEventLevel.Debug,
        };
}
