using System.Diagnostics;
using System.Diagnostics.Metrics;
using Osl.Executors.Handlers;
using Osl.Hosting.Pipeline;
using Osl.Operations;
using Osl.Operations.Processes;

namespace Osl.Hosting.Telemetry;

/// <summary>
/// Metrics and traces of one host. Nothing secret: no arguments, no environment, no principal, no reason; the operation's id leads to the
/// journal, where those may be who may read it. Costs a comparison an operation as long as nobody listens.
/// </summary>
internal sealed class HostTelemetry : IProcessObserver, IDisposable
{
    private static readonly ActivitySource Source = new(OslTelemetry.ActivitySourceName, Version);
    private static readonly KeyValuePair<string, object?> UserMode = new("cpu.mode", "user");
    private static readonly KeyValuePair<string, object?> SystemMode = new("cpu.mode", "system");

    private readonly Meter _meter;
    private readonly Counter<long> _operations;
    private readonly Histogram<double> _durations;
    private readonly Counter<long> _exits;
    private readonly Counter<double> _cpuTime;
    private readonly Counter<long> _groupsStarted;
    private readonly Counter<long> _groupsEnded;
    private readonly Counter<long> _auditFailures;
    private readonly TimeProvider _time;

    /// <param name="meters">Makes the meter, as the host's world does it; null for one of its own.</param>
    /// <param name="time">Measures the durations.</param>
    internal HostTelemetry(IMeterFactory? meters, TimeProvider time)
    {
        _time = time;
        var options = new MeterOptions(OslTelemetry.MeterName) { Version = Version };
        _meter = meters?.Create(options) ?? new Meter(options);
        _operations = _meter.CreateCounter<long>(OslTelemetry.Operations, "{operation}", "Operations that are through.");
        _durations = _meter.CreateHistogram<double>(OslTelemetry.OperationDuration, "s", "How long operations took.");
        _exits = _meter.CreateCounter<long>(OslTelemetry.ProcessExits, "{process}", "Processes that have ended.");
        _cpuTime = _meter.CreateCounter<double>(OslTelemetry.ProcessCpuTime, "s", "CPU time of processes that have ended.");
        _groupsStarted = _meter.CreateCounter<long>(OslTelemetry.GroupsStarted, "{group}", "Process groups that were made.");
        _groupsEnded = _meter.CreateCounter<long>(OslTelemetry.GroupsEnded, "{group}", "Process groups of which nobody is left.");
        _auditFailures = _meter.CreateCounter<long>(OslTelemetry.AuditFailures, "{record}", "Records that the journal could not take.");
    }

    private static string Version { get; } = typeof(HostTelemetry).Assembly.GetName().Version?.ToString(3) ?? "0.0.0";

    /// <summary>What lives is counted when somebody asks, not as it comes and goes.</summary>
    internal void Observe(LiveProcesses live) =>
        _meter.CreateObservableUpDownCounter(OslTelemetry.Processes, () => live.Count, "{process}", "Processes not yet seen to end.");

    /// <summary>An operation begins. Null when nobody listens.</summary>
    internal OperationSpan? Begin<TResult>(OperationCall<TResult> call)
        where TResult : ExecutionResult
    {
        if (!Source.HasListeners() && !_operations.Enabled && !_durations.Enabled && !_groupsStarted.Enabled)
        {
            return null;
        }

        var type = call.Kind.TypeOf(call.Operation);
        var activity = Source.StartActivity(type);
        if (activity is { IsAllDataRequested: true })
        {
            activity.SetTag(OslTelemetry.OperationType, type);
            activity.SetTag(OslTelemetry.OperationIdTag, call.Id.ToString());
            if (call.Context.Parent is { } parent)
            {
                activity.SetTag(OslTelemetry.OperationParent, parent.ToString());
            }
        }

        return new OperationSpan(this, activity, type, call.StartedTicks);
    }

    /// <summary>An operation is through.</summary>
    internal void Ended(OperationSpan span)
    {
        var type = new KeyValuePair<string, object?>(OslTelemetry.OperationType, span.Type);
        var outcome = new KeyValuePair<string, object?>(OslTelemetry.Outcome, span.Outcome);
        _operations.Add(1, type, outcome);
        _durations.Record(_time.GetElapsedTime(span.StartedTicks).TotalSeconds, type, outcome);
        if (span.MadeGroup)
        {
            _groupsStarted.Add(1);
        }
    }

    /// <summary>The journal could not take a record.</summary>
    internal void AuditFailed() => _auditFailures.Add(1);

    public void OnStarted(OperationId operation, OperationContext context, ProcessRef process, int pgid)
    {
        // A run; a spawn says it by its outcome.
        if (process.Pid == pgid)
        {
            _groupsStarted.Add(1);
        }
    }

    public void OnExited(OperationId operation, OperationContext context, ProcessExit exit, int pgid)
    {
        _exits.Add(1, new KeyValuePair<string, object?>(OslTelemetry.Exit, NameOf(exit)));
        _cpuTime.Add(exit.UserTime.TotalSeconds, UserMode);
        _cpuTime.Add(exit.SystemTime.TotalSeconds, SystemMode);
    }

    public void OnGroupEnded(OperationId operation, OperationContext context, GroupRef group) => _groupsEnded.Add(1);

    public void Dispose() => _meter.Dispose();

    private static string NameOf(ProcessExit exit) =>
        exit switch
        {
            { TimeLimitReached: true } => "time_limit",
            { Status: null } => "unknown",
            { Status.Signal: not null } => "signalled",
            { Status.IsSuccess: true } => "exited",
            _ => "failed",
        };
}
