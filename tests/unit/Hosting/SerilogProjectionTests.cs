using NSubstitute;
using Osl.Hosting.Auditing;
using Osl.Operations;
using Osl.Operations.Auditing;
using Osl.Testing;
using Serilog;
using Serilog.Core;
using Serilog.Events;

namespace Osl.Tests.Unit.Hosting;

public sealed class SerilogProjectionTests
{
    [Fact]
    public async Task Each_record_is_told_without_arguments_and_kept_in_the_journal()
    {
        var sink = Substitute.For<ILogEventSink>();
        var events = new List<LogEvent>();
        sink.When(s => s.Emit(Arg.Any<LogEvent>())).Do(call => events.Add(call.Arg<LogEvent>()));
        using var logger = new LoggerConfiguration().MinimumLevel.Debug().WriteTo.Sink(sink).CreateLogger();
        var journal = new CollectingJournal();
        var projection = new SerilogProjection(journal, logger);

        await projection.AppendAsync(
            new AuditRecord
            {
                Type = AuditRecordType.Refusal,
                Outcome = "denied",
                Principal = "{alice}",
                Reason = "a reason",
                Message = "a message",
            },
            AuditGuarantee.Written
        );

        Assert.Single(journal.Records);
        var told = Assert.Single(events);
        Assert.Equal(LogEventLevel.Warning, told.Level);
        // What came from outside is a value, never a part of the template.
        Assert.Equal(new ScalarValue("{alice}"), told.Properties["Principal"]);
        Assert.DoesNotContain("a reason", told.RenderMessage(System.Globalization.CultureInfo.InvariantCulture), StringComparison.Ordinal);
    }
}
