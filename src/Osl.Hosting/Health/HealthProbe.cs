using Osl.Executors;
using Osl.Executors.Registry;
using Osl.Operations;
using Osl.Security.Audit;
using Osl.Security.Policies;

namespace Osl.Hosting.Health;

/// <summary>Looks at the parts of a host. Starts nothing; of the journal it makes sure that it can be opened, as the next start would.</summary>
internal sealed class HealthProbe(
    DeferredAuditJournal? ownJournal,
    JournalState journal,
    ReloadablePolicy policy,
    IPlatformExecutor platform,
    ILaunchRegistry registry,
    TimeProvider time
)
{
    /// <summary>A watcher that says nothing for so long does not watch.</summary>
    private static readonly TimeSpan WatcherAnswersWithin = TimeSpan.FromSeconds(5);

    private volatile PolicyReload? _lastReload;

    internal void Reloaded(PolicyReload reload) => _lastReload = reload;

    internal async Task<HostHealth> LookAsync(CancellationToken cancellationToken) =>
        new([Journal(), Policy(), await WatcherAsync(cancellationToken).ConfigureAwait(false), Guardian()]);

    private PartHealth Journal() =>
        ownJournal?.EnsureOpen() is { } closed ? new PartHealth("journal", HealthState.Unhealthy, closed.Message)
        // What comes next is tried again: a host that gets no work because of this answer would never find out that the disk has room.
        : journal.LastFailure is { } failed
            ? new PartHealth("journal", HealthState.Degraded, $"The last record could not be written. {failed.Message}")
        : new PartHealth("journal", HealthState.Healthy, "The audit journal can be written.");

    private PartHealth Policy() =>
        _lastReload is { Refusal: { } refusal }
            ? new PartHealth(
                "policy",
                HealthState.Degraded,
                $"The policy on disk does not load ({refusal.Problems[0]}); the one before holds, {policy.Hash}."
            )
            : new PartHealth("policy", HealthState.Healthy, $"The policy is loaded: {policy.Hash}.");

    private async Task<PartHealth> WatcherAsync(CancellationToken cancellationToken)
    {
        try
        {
            await platform.AnswersAsync().WaitAsync(WatcherAnswersWithin, time, cancellationToken).ConfigureAwait(false);
            return new PartHealth("watcher", HealthState.Healthy, "The ends of processes are noticed.");
        }
        catch (TimeoutException)
        {
            return new PartHealth(
                "watcher",
                HealthState.Unhealthy,
                $"The exit watcher has not answered for {WatcherAnswersWithin.TotalSeconds:0} s: ends of processes may not be noticed."
            );
        }
    }

    private PartHealth Guardian() =>
        registry.IsGuarded switch
        {
            null => new PartHealth("guardian", HealthState.Healthy, "No guardian is needed at the moment."),
            true => new PartHealth("guardian", HealthState.Healthy, "The guardian is there."),
            false => new PartHealth(
                "guardian",
                HealthState.Degraded,
                "The guardian is gone: what is Managed would outlive a host that is killed. Another one follows, in a minute at the latest, or with the next start."
            ),
        };
}

/// <summary>Whether the journal took the last record that was given to it.</summary>
internal sealed class JournalState(Telemetry.HostTelemetry? telemetry)
{
    private volatile OperationError? _lastFailure;

    internal OperationError? LastFailure => _lastFailure;

    /// <summary>A record was taken, or not.</summary>
    /// <param name="failure">Why not; null when it was.</param>
    internal void Note(OperationError? failure)
    {
        _lastFailure = failure;
        if (failure is not null)
        {
            telemetry?.AuditFailed();
        }
    }
}
