using System.Diagnostics;
using System.Globalization;
using System.Runtime.Versioning;
using System.Text.Json.Serialization;
using FluentValidation;
using Osl.Hosting;
using Osl.Operations;
using Osl.Operations.Auditing;
using Osl.Operations.Facts;
using Osl.Operations.Policies;
using Osl.Operations.Processes;
using Osl.Security.Audit;
using Serilog;
using Serilog.Core;
using Serilog.Events;

namespace Osl.Tests.Integration.Hosting;

/// <summary>A host whose journal's disk is full: nothing starts, what runs can be ended, and the gap is told when there is room again.</summary>
[SupportedOSPlatform("linux")]
public sealed class FullDiskTests : ILogEventSink
{
    private readonly List<LogEvent> _events = [];

    [Fact]
    [Trait("Needs", "root")]
    public async Task A_start_is_refused_an_end_is_not_and_the_gap_is_recorded()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "needs root");
        var root = Directory.CreateTempSubdirectory("osl-full-").FullName;
        var disk = Directory.CreateDirectory(Path.Combine(root, "disk")).FullName;
        Tool("mount", "-t", "tmpfs", "-o", "size=3m,mode=0700", "tmpfs", disk);
        try
        {
            await CheckAsync(root, Path.Combine(disk, "audit"), Path.Combine(disk, "filler"));
        }
        finally
        {
            Tool("umount", disk);
            Directory.Delete(root, recursive: true);
        }
    }

    void ILogEventSink.Emit(LogEvent logEvent)
    {
        lock (_events)
        {
            _events.Add(logEvent);
        }
    }

    private async Task CheckAsync(string root, string audit, string filler)
    {
        using var logger = new LoggerConfiguration().WriteTo.Sink(this).CreateLogger();
        var handler = new ElevatedHandler();
        OperationId unrecorded;
        await using (
            var host = OslHost.Create(options =>
                options
                    .UseAuditDirectory(audit)
                    .UseRegistryDirectory(Path.Combine(root, "registry"))
                    .UseLogger(logger)
                    .UsePolicy(new Permissive())
                    .Register(Elevated.Definition(handler))
            )
        )
        {
            var context = new OperationContext(Principal.Current, new string('x', 3000));
            var running = await host.ExecuteAsync(new SpawnProcessOperation("/bin/sleep", ["1000"]).WithNewProcessGroup(), context)
                .OrThrow();
            Assert.NotNull((await host.ExecuteAsync(new Elevated("first"), context).OrThrow()));
            Assert.Equal(1, handler.Executed);
            Fill(filler);

            // The room that was taken ahead of need is used up first.
            OperationError? refused = null;
            for (var i = 0; refused is null && i < 2000; i++)
            {
                refused = (await host.ExecuteAsync(new SpawnProcessOperation("/bin/true"), context)).TryPickT1(out var error, out _)
                    ? error
                    : null;
            }

            Assert.IsType<AuditUnavailable>(refused);
            var marker = Path.Combine(root, "started");
            Assert.IsType<AuditUnavailable>((await host.ExecuteAsync(new SpawnProcessOperation("/usr/bin/touch", [marker]), context)).AsT1);
            var executed = handler.Executed;
            Assert.IsType<AuditUnavailable>((await host.ExecuteAsync(new Elevated("refused"), context)).AsT1);
            Assert.Equal(executed, handler.Executed);
            Assert.False(File.Exists(marker));

            var ended = await host.ExecuteAsync(new KillProcessGroupOperation(running.Group!), context).OrThrow();
            Assert.Equal((1, false), (ended.Ended, ended.OutcomeRecorded));
            unrecorded = ended.OperationId;

            File.Delete(filler);
            await host.ExecuteAsync(new RunProcessOperation(new SpawnProcessOperation("/bin/true")), context).OrThrow();
            await host.ExecuteAsync(new Elevated("after"), context).OrThrow();
        }

        var records = new AuditReader(audit).Read().Select(entry => Assert.IsType<AuditRecord>(entry.Record)).ToList();
        var gaps = records.Where(record => record.Type == AuditRecordType.Gap).ToList();
        Assert.NotEmpty(gaps);
        Assert.Contains(gaps, gap => gap.GapOperations?.Contains(unrecorded.ToString(), StringComparer.Ordinal) is true);
        Assert.Equal(JournalVerdict.Clean, JournalVerifier.Verify(audit).Verdict);
        lock (_events)
        {
            var told = _events.Where(e => e.Level == LogEventLevel.Error && e.Properties.ContainsKey("Missing")).ToList();
            Assert.Equal(
                gaps.Select(gap => $"{gap.GapCount}"),
                told.Select(e => e.Properties["Missing"].ToString(null, CultureInfo.InvariantCulture)),
                StringComparer.Ordinal
            );
        }
    }

    private static void Fill(string filler)
    {
        using var file = File.Create(filler);
        var block = new byte[4096];
        try
        {
            while (true)
            {
                file.Write(block);
                file.Flush();
            }
        }
        catch (IOException)
        {
            return; // Full, as it should be.
        }
    }

    private static void Tool(string program, params string[] arguments)
    {
        using var process = Process.Start(program, arguments);
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
    }

    private sealed class Permissive : IPolicy
    {
        public string Hash => "permissive";

        public IReadOnlyList<string> SecurePath => [];

        public PolicyDecision Decide(PolicyAction action, IOperation operation, OperationContext context, OperationFacts facts) =>
            new(PolicyEffect.Allow, "all", "a test");

        public bool MayEver(Principal principal, PolicyAction action) => true;
    }
}

/// <summary>An operation that requires elevation, so that its intent has to be durable before anything happens.</summary>
internal sealed record Elevated(string Name) : IOperation<ElevatedResult>
{
    internal static OperationDefinition Definition(ElevatedHandler handler) =>
        new OperationDefinition<Elevated, ElevatedResult>(
            new OperationKind<Elevated>
            {
                Name = "elevated",
                Actions = [new PolicyAction("test.elevated")],
                Json = ElevatedJson.Default.Elevated,
                Validator = new ElevatedValidator(),
            },
            handler
        );
}

internal sealed record ElevatedResult : ExecutionResult;

[JsonSerializable(typeof(Elevated))]
internal sealed partial class ElevatedJson : JsonSerializerContext;

internal sealed class ElevatedValidator : AbstractValidator<Elevated>
{
    public ElevatedValidator() => RuleFor(operation => operation.Name).NotEmpty();
}

internal sealed class ElevatedHandler : IOperationHandler<Elevated, ElevatedResult>
{
    internal int Executed { get; private set; }

    public ValueTask<OneOf<Prepared<ElevatedResult>, OperationError>> PrepareAsync(
        Elevated operation,
        OperationPreparation preparation,
        CancellationToken cancellationToken
    ) => ValueTask.FromResult<OneOf<Prepared<ElevatedResult>, OperationError>>(new Ready(this));

    private sealed class Ready(ElevatedHandler handler)
        : Prepared<ElevatedResult>(new OperationFacts { RequiresElevation = true, ElevationReason = "a test" })
    {
        public override ValueTask<OneOf<ElevatedResult, OperationError>> ExecuteAsync(
            OperationScope scope,
            CancellationToken cancellationToken
        )
        {
            handler.Executed++;
            return ValueTask.FromResult<OneOf<ElevatedResult, OperationError>>(new ElevatedResult());
        }
    }
}
