using Osl.Executors;
using Osl.Executors.Handlers;
using Osl.Executors.Registry;
using Osl.Hosting.Auditing;
using Osl.Hosting.Pipeline;
using Osl.Operations;
using Osl.Operations.Auditing;
using Osl.Operations.Processes;
using Osl.Security.Audit;
using Osl.Security.Policies;

namespace Osl.Hosting;

/// <summary>The composition root: makes the parts of a host, holds them, and takes them down in the right order.</summary>
internal sealed class OslHostParts
{
    internal required Admission Admission { get; init; }

    internal required OperationCatalog Catalog { get; init; }

    internal required OperationPipeline Pipeline { get; init; }

    internal required IPlatformExecutor Platform { get; init; }

    internal required ILaunchRegistry Registry { get; init; }

    internal required HandlerServices Services { get; init; }

    internal required ExitRecorder Exits { get; init; }

    /// <summary>The journal when it is ours to close.</summary>
    internal IAsyncDisposable? OwnJournal { get; init; }

    internal required TimeProvider Time { get; init; }

    internal TimeSpan ShutdownTimeout { get; init; }

    internal static OslHost Compose(OslHostOptions options)
    {
        RefusePolicyFiles(options);
        var policy = options.Policy ?? new BuiltInPolicy(Environment.GetEnvironmentVariable("PATH"));
        var ownJournal = options.Journal is null ? JournalOf(options) : null;
        var journal = new SerilogProjection(options.Journal ?? ownJournal!, options.Logger);
        var records = new AuditRecords(HostProcess.Current(policy.Hash));
        var exits = new ExitRecorder(journal, records, options.Time);
        var registry = new DeferredRegistry(options.RegistryDirectory, options.Time);
        var platform = PlatformFactory.Create(new ExecutorOptions { Time = options.Time }, registry);
        var services = new HandlerServices(
            platform,
            registry,
            exits,
            options.Time,
            new InheritedEnvironment(Environment.GetEnvironmentVariables())
        );
        var catalog = new OperationCatalog(ProcessOperationDefinitions.Create(services).Concat(options.Operations));
        var recorder = new Recorder(journal, records, options.AlwaysDurable, options.Time);
        var admission = new Admission();
        return new OslHost(
            new OslHostParts
            {
                Admission = admission,
                Catalog = catalog,
                Pipeline = new OperationPipeline(
                    catalog,
                    admission,
                    new Authorisation(policy, options.Approver, recorder),
                    new ResilienceStage(options.Time),
                    recorder,
                    options.Time
                ),
                Platform = platform,
                Registry = registry,
                Services = services,
                Exits = exits,
                OwnJournal = ownJournal,
                Time = options.Time,
                ShutdownTimeout = options.ShutdownTimeout,
            }
        );
    }

    internal async Task ShutDownAsync()
    {
        // Ended before the drain, so that runs under way complete; and once more after it, for what they started meanwhile.
        var drained = Admission.CloseAsync();
        await EndManagedAsync().ConfigureAwait(false);
        await drained.ConfigureAwait(false);
        await EndManagedAsync().ConfigureAwait(false);
        await Platform.DisposeAsync().ConfigureAwait(false);
        await Registry.DisposeAsync().ConfigureAwait(false);
        await Exits.DrainAsync().ConfigureAwait(false);
        if (OwnJournal is not null)
        {
            await OwnJournal.DisposeAsync().ConfigureAwait(false);
        }
    }

    private async Task EndManagedAsync()
    {
        var managed = Services.Live.Snapshot().Where(running => running.Lifetime == ProcessLifetime.Managed).ToArray();
        await Task.WhenAll(managed.Select(EndAsync)).ConfigureAwait(false);
        // Groups whose leader has ended: their members still count as Managed.
        var leaderless = Registry
            .Live()
            .Where(entry => entry.HostPid == Environment.ProcessId && entry.Lifetime == ProcessLifetime.Managed && entry.Group is not null);
        await Task.WhenAll(leaderless.Select(EndAsync)).ConfigureAwait(false);
    }

    private async Task EndAsync(RunningProcess running)
    {
        await running.EndAsync(running.StopSequence).ConfigureAwait(false);
        try
        {
            await running.Exited.WaitAsync(ShutdownTimeout, Time).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // It hangs in the kernel: the journal shows a start without an exit, and the guardian goes on trying.
            return;
        }
    }

    private async Task EndAsync(GroupEntry entry)
    {
        if (Platform.Hold(new GroupTarget(entry.Pgid, entry.Group)).TryPickT0(out var lease, out _))
        {
            using (lease)
            {
                await Services
                    .Stopping.StopAsync(new Executors.Stopping.GroupStopTarget(lease), StopSequence.Default)
                    .ConfigureAwait(false);
            }
        }
    }

    private static void RefusePolicyFiles(OslHostOptions options)
    {
        var file = options.PolicyFile ?? (File.Exists(OslDirectories.SystemPolicyFile) ? OslDirectories.SystemPolicyFile : null);
        if (file is not null)
        {
            throw new OslConfigurationException(
                $"This version of Osl can't read policy files, and {file} must not be ignored.",
                "Remove the file or the option, or use a version that reads policies."
            );
        }
    }

    private static DeferredAuditJournal JournalOf(OslHostOptions options) =>
        new(options.AuditDirectory ?? OslDirectories.Audit, new AuditJournalOptions { TimeProvider = options.Time });
}
