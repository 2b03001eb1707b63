using System.Runtime.CompilerServices;
using Osl.Executors;
using Osl.Executors.Handlers;
using Osl.Executors.Registry;
using Osl.Hosting.Auditing;
using Osl.Hosting.Health;
using Osl.Hosting.Pipeline;
using Osl.Hosting.Policies;
using Osl.Hosting.Telemetry;
using Osl.Operations;
using Osl.Operations.Auditing;
using Osl.Operations.Processes;
using Osl.Security.Audit;
using Osl.Security.Policies;
using Serilog;

namespace Osl.Hosting;

/// <summary>The composition root: makes the parts of a host, holds them, and takes them down in the right order.</summary>
internal sealed class OslHostParts
{
    internal required Admission Admission { get; init; }

    internal required OperationCatalog Catalog { get; init; }

    internal required OperationPipeline Pipeline { get; init; }

    internal required ReloadablePolicy Policy { get; init; }

    internal required Recorder Recorder { get; init; }

    internal required IPlatformExecutor Platform { get; init; }

    internal required ILaunchRegistry Registry { get; init; }

    internal required HandlerServices Services { get; init; }

    internal required ExitRecorder Exits { get; init; }

    /// <summary>The journal when it is ours to close.</summary>
    internal IAsyncDisposable? OwnJournal { get; init; }

    internal required TimeProvider Time { get; init; }

    internal TimeSpan ShutdownTimeout { get; init; }

    internal required HealthProbe Health { get; init; }

    /// <summary>Null when nobody is to be told.</summary>
    internal HostTelemetry? Telemetry { get; init; }

    /// <summary>Cancelled when no time is left for anybody to end by himself.</summary>
    internal CancellationTokenSource Urgent { get; } = new();

    internal static OslHost Compose(OslHostOptions options)
    {
        var policy = options.ComposedPolicy ?? HostPolicy.Compose(options.Policy, options.PolicyFiles);
        if (options.IsDryRun)
        {
            options.Logger.Warning("Dry run: operations are judged and recorded, and nothing is done");
        }

        var ownJournal = options.Journal is null ? JournalOf(options) : null;
        var journal = new SerilogProjection(options.Journal ?? ownJournal!, options.Logger);
        var records = new AuditRecords(HostProcess.Current(), policy);
        var telemetry = options.HasTelemetry ? TelemetryOf(options) : null;
        var journalState = new JournalState(telemetry);
        var exits = new ExitRecorder(journal, records, options.Time);
        var registry = new DeferredRegistry(options.RegistryDirectory, options.Time) { GuardianLost = loss => Tell(options.Logger, loss) };
        var platform = PlatformFactory.Create(
            new ExecutorOptions
            {
                Time = options.Time,
                JobControl = options.JobControl,
                WithoutPidfds = options.WithoutPidfds,
                PassesOnIgnoredSignals = options.PassesOnIgnoredSignals,
                ReapsOrphans = options.ReapsOrphans,
                Mode = options.LaunchMode,
                Gate = options.Gate,
                OwnPlaces = OwnPlacesOf(options),
                NamesDirectory = (options.RegistryDirectory ?? OslDirectories.Registry) is { } own ? Path.Combine(own, "names") : null,
            },
            registry
        );
        var services = new HandlerServices(
            platform,
            registry,
            ObserverPair.Of(exits, telemetry, options.Observer),
            options.Time,
            new InheritedEnvironment(Environment.GetEnvironmentVariables())
        );
        var catalog = new OperationCatalog(ProcessOperationDefinitions.Create(services).Concat(options.Operations));
        var recorder = new Recorder(journal, records, options.AlwaysDurable, options.Time, journalState);
        if (telemetry is not null)
        {
            Observe(telemetry, services.Live);
        }

        var admission = new Admission();
        var resilience = new ResilienceStage(options.Time);
        if (!options.IsShortLived)
        {
            _ = Task.Run(resilience.WarmUp);
        }

        return new OslHost(
            new OslHostParts
            {
                Admission = admission,
                Catalog = catalog,
                Pipeline = new OperationPipeline(
                    catalog,
                    admission,
                    new Authorisation(policy, options.Approver, recorder, options.IsDryRun),
                    resilience,
                    recorder,
                    options.Time,
                    telemetry
                ),
                Policy = policy,
                Recorder = recorder,
                Platform = platform,
                Registry = registry,
                Services = services,
                Exits = exits,
                OwnJournal = ownJournal,
                Time = options.Time,
                ShutdownTimeout = options.ShutdownTimeout,
                Health = new HealthProbe(ownJournal, journalState, policy, platform, registry, options.Time),
                Telemetry = telemetry,
            }
        );
    }

    internal async Task ShutDownAsync()
    {
        try
        {
            // Ended before the drain, so that runs under way complete; what they start meanwhile is ended as it comes.
            var drained = Admission.CloseAsync();
            Services.Live.Close(late => _ = late.Lifetime == ProcessLifetime.Managed ? EndAsync(late) : Task.CompletedTask);
            await EndManagedAsync().ConfigureAwait(false);
            _ = await CompletesAsync(drained).ConfigureAwait(false);
            await EndManagedAsync().ConfigureAwait(false);
        }
        finally
        {
            await CloseAsync().ConfigureAwait(false);
        }
    }

    /// <summary>In this order: nobody starts or watches, then the guardian goes, then the last exits are recorded.</summary>
    private async Task CloseAsync()
    {
        try
        {
            await Platform.DisposeAsync().ConfigureAwait(false);
            await Registry.DisposeAsync().ConfigureAwait(false);
            await Exits.DrainAsync().ConfigureAwait(false);
        }
        finally
        {
            if (OwnJournal is not null)
            {
                await OwnJournal.DisposeAsync().ConfigureAwait(false);
            }

            Telemetry?.Dispose();
        }
    }

    private static void Tell(ILogger logger, GuardianLoss loss)
    {
        if (loss.Error is { } error)
        {
            logger.Error(
                "The guardian {Pid} has ended and no other could be started: what is Managed would outlive a host that is killed. {Problem}",
                loss.Pid,
                error.Message
            );
        }
        else
        {
            logger.Warning(
                "The guardian {Pid} has ended before its host; {Successor} guards now (0: nothing Managed runs)",
                loss.Pid,
                loss.Successor
            );
        }
    }

    private Task EndManagedAsync() =>
        Task.WhenAll(Services.Live.Snapshot().Where(running => running.Lifetime == ProcessLifetime.Managed).Select(EndAsync));

    private async Task EndAsync(RunningProcess running)
    {
        _ = await running.EndAsync(running.StopSequence.EndingWithKill(), Urgent.Token).ConfigureAwait(false);
        if (Urgent.IsCancellationRequested)
        {
            // The steps that were left are skipped, but for the last.
            _ = await running.EndAsync(StopSequence.Immediate, CancellationToken.None).ConfigureAwait(false);
        }

        // Who hangs in the kernel is not waited for: the journal shows a start without an exit, and the guardian goes on trying.
        _ = await CompletesAsync(running.Exited).ConfigureAwait(false);
    }

    private async Task<bool> CompletesAsync(Task task)
    {
        try
        {
            await Time.WaitAsync(task, ShutdownTimeout).ConfigureAwait(false);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    /// <summary>What no sandbox reaches: of this host, and of those of the same account that are told nothing else.</summary>
    private static List<string> OwnPlacesOf(OslHostOptions options)
    {
        var journal = options.AuditDirectory ?? OslDirectories.Audit;
        List<string?> places =
        [
            Path.GetDirectoryName(OslDirectories.SystemPolicyFile),
            .. options.PolicyFiles,
            .. options.OwnFiles,
            OslDirectories.State,
            OslDirectories.Registry,
            options.RegistryDirectory,
            journal,
            journal is null ? null : OslDirectories.KeysOf(journal),
            options.AuditSigning?.KeyDirectory,
        ];
        return [.. places.OfType<string>().Select(Path.GetFullPath).Distinct(StringComparer.Ordinal)];
    }

    /// <summary>By themselves, so that who has none of it does not load what it is made of: osl starts a millisecond sooner.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static HostTelemetry TelemetryOf(OslHostOptions options) => new(options.Meters, options.Time);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Observe(HostTelemetry telemetry, LiveProcesses live) => telemetry.Observe(live);

    private static DeferredAuditJournal JournalOf(OslHostOptions options) =>
        new(
            options.AuditDirectory ?? OslDirectories.Audit,
            new AuditJournalOptions
            {
                TimeProvider = options.Time,
                Signing = options.AuditSigning,
                GapRecorded = gap => SerilogProjection.Tell(options.Logger, gap),
            }
        );
}
