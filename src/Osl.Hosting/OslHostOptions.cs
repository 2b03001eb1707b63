using System.Diagnostics.Metrics;
using Osl.Executors;
using Osl.Executors.Linux;
using Osl.Operations;
using Osl.Operations.Auditing;
using Osl.Operations.Policies;
using Osl.Operations.Processes;
using Osl.Security.Audit;
using Osl.Security.Policies;
using Serilog;

namespace Osl.Hosting;

/// <summary>What a host can be told. Everything has a default.</summary>
public sealed class OslHostOptions
{
    private readonly List<OperationDefinition> _operations = [];
    private readonly List<string> _policyFiles = [];

    internal IPolicy? Policy { get; private set; }

    internal IReadOnlyList<string> PolicyFiles => _policyFiles;

    /// <summary>Composed already, by a host that reads policies before it makes itself.</summary>
    internal ReloadablePolicy? ComposedPolicy { get; set; }

    /// <summary>Files that belong to the host beside those it was told of: no sandbox reaches them.</summary>
    internal IReadOnlyList<string> OwnFiles { get; set; } = [];

    internal bool IsDryRun { get; private set; }

    internal IAuditJournal? Journal { get; private set; }

    internal string? AuditDirectory { get; private set; }

    internal AuditSigningOptions? AuditSigning { get; private set; }

    internal string? RegistryDirectory { get; private set; } = OslDirectories.Registry;

    internal IApprover? Approver { get; private set; }

    internal ILogger Logger { get; private set; } = Serilog.Core.Logger.None;

    internal TimeProvider Time { get; private set; } = TimeProvider.System;

    internal bool AlwaysDurable { get; private set; }

    /// <summary>For osl run: its process stands for the program it runs, in the eyes of a shell.</summary>
    internal JobControl? JobControl { get; set; }

    /// <summary>For osl: what it was started with as ignored stays so in the program (knowledge/posix-spawn-from-dotnet.md).</summary>
    internal bool PassesOnIgnoredSignals { get; set; }

    /// <summary>For osl: what may never be needed is not made beforehand.</summary>
    internal bool IsShortLived { get; set; }

    /// <summary>For tests: as where there are no pidfds (adr/0041-posix-fallback.md).</summary>
    internal bool WithoutPidfds { get; set; }

    internal bool ReapsOrphans { get; private set; }

    /// <summary>For tests: launches that need no thread and no gate of their own have them all the same, on Linux.</summary>
    internal LaunchMode LaunchMode { get; set; }

    /// <summary>For tests: the one gate that may be used.</summary>
    internal GateKind Gate { get; set; }

    internal IProcessObserver? Observer { get; private set; }

    internal IReadOnlyList<OperationDefinition> Operations => _operations;

    /// <summary>For osl: a process that lives for one operation has nobody who listens, and would pay for the names at its start.</summary>
    internal bool HasTelemetry { get; set; } = true;

    internal IMeterFactory? Meters { get; private set; }

    /// <summary>How long the host waits, when it is disposed, for what it ends beyond each stop sequence: 10 s; zero or more.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is negative.</exception>
    public TimeSpan ShutdownTimeout
    {
        get;
        set
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, TimeSpan.Zero);
            field = value;
        }
    } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Judges by a policy file as well: a layer that can only make stricter what the system's policy, the host's own or the built-in one
    /// says. One that does not load, or that others could change, is an <see cref="OslConfigurationException"/>. Can be repeated.
    /// </summary>
    /// <param name="path">The file (knowledge/policy-format.md).</param>
    public OslHostOptions UsePolicyFile(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        _policyFiles.Add(path);
        return this;
    }

    /// <summary>
    /// Does nothing: every operation is prepared, judged and recorded, and then answered with the error <c>dry_run</c> where it would have
    /// been done, or with the refusal. Nobody is asked for approvals.
    /// </summary>
    public OslHostOptions UseDryRun()
    {
        IsDryRun = true;
        return this;
    }

    /// <summary>
    /// Judges by a policy of the host's own instead of the built-in one. Where the system has a policy, that one holds, and this one
    /// can only make it stricter.
    /// </summary>
    /// <param name="policy">The policy.</param>
    public OslHostOptions UsePolicy(IPolicy policy)
    {
        Policy = policy;
        return this;
    }

    /// <summary>Keeps the audit journal in a directory; <see cref="OslDirectories.Audit"/> otherwise.</summary>
    /// <param name="directory">Made with mode 0700 if it is not there. Must belong to the host's account and be closed to others.</param>
    public OslHostOptions UseAuditDirectory(string directory)
    {
        AuditDirectory = Path.GetFullPath(directory);
        return this;
    }

    /// <summary>
    /// Signs checkpoints of the audit journal, so that what happened can be proven (adr/0027-signed-checkpoints.md). Where the key can't
    /// be used, or the journal is not the one it signed, nothing is started: as where the journal can't be written.
    /// </summary>
    /// <param name="signing">The key (<see cref="AuditKeys"/>), how often, and where checkpoints are kept elsewhere.</param>
    public OslHostOptions SignAudit(AuditSigningOptions signing)
    {
        AuditSigning = signing;
        return this;
    }

    /// <summary>Records in a journal of the host's own. It is not disposed.</summary>
    /// <param name="journal">The journal.</param>
    public OslHostOptions UseJournal(IAuditJournal journal)
    {
        Journal = journal;
        return this;
    }

    /// <summary>Keeps the registry of live groups in a directory, where other hosts of this user see it; null: in memory.</summary>
    /// <param name="directory">Made with mode 0700 if it is not there.</param>
    public OslHostOptions UseRegistryDirectory(string? directory)
    {
        RegistryDirectory = directory is null ? null : Path.GetFullPath(directory);
        return this;
    }

    /// <summary>Asks somebody where the policy requires an approval.</summary>
    /// <param name="approver">Who asks.</param>
    public OslHostOptions UseApprover(IApprover approver)
    {
        Approver = approver;
        return this;
    }

    /// <summary>Sends a projection of every audit record to Serilog: program names and numbers, no arguments.</summary>
    /// <param name="logger">The logger.</param>
    public OslHostOptions UseLogger(ILogger logger)
    {
        Logger = logger;
        return this;
    }

    /// <summary>Tells somebody, beside the journal, of what was started and of what has ended.</summary>
    /// <param name="observer">Who is told, after the journal.</param>
    public OslHostOptions UseProcessObserver(IProcessObserver observer)
    {
        Observer = observer;
        return this;
    }

    /// <summary>Makes the host's Meter by a factory, as Microsoft.Extensions.Diagnostics does; without one it is made plainly.</summary>
    /// <param name="meters">The factory.</param>
    public OslHostOptions UseMeterFactory(IMeterFactory meters)
    {
        Meters = meters;
        return this;
    }

    /// <summary>Takes the time from elsewhere; for tests.</summary>
    /// <param name="time">The clock.</param>
    public OslHostOptions UseTimeProvider(TimeProvider time)
    {
        Time = time;
        return this;
    }

    /// <summary>Syncs every intent to disk before anything happens, not only those that require elevation.</summary>
    public OslHostOptions AlwaysSyncIntents()
    {
        AlwaysDurable = true;
        return this;
    }

    /// <summary>
    /// Reaps orphans on Linux, as an init does: processes that lost their parents and became children of this program. For a program that is
    /// process 1 of a container; any other one becomes a child subreaper by it (PR_SET_CHILD_SUBREAPER(2const)), so that
    /// what its children leave behind comes to it, until the last host that wants this is disposed.
    /// </summary>
    /// <remarks>
    /// <para>
    /// What Osl has started, and what System.Diagnostics.Process has, is never taken from them; nor is a child that a native library waits for,
    /// if it does so within 250 ms of the end. adr/0050-orphans.md says how they are told apart. Where Process or a terminal is in use, SIGURG
    /// gets a handler of the runtime.
    /// </para>
    /// <para>
    /// Without it orphans of a program that is process 1 stay zombies, unless Process is in use: then the runtime reaps every child, and how Osl's
    /// have ended is known from Linux 6.15 on only. Without effect on Windows.
    /// </para>
    /// </remarks>
    /// <exception cref="PlatformNotSupportedException">By <see cref="OslHost.Create"/>: this process can't become a child subreaper.</exception>
    public OslHostOptions ReapOrphans()
    {
        ReapsOrphans = true;
        return this;
    }

    /// <summary>Registers an operation of the host's own.</summary>
    /// <param name="definition">Kind and handler.</param>
    public OslHostOptions Register(OperationDefinition definition)
    {
        ArgumentNullException.ThrowIfNull(definition);
        _operations.Add(definition);
        return this;
    }
}
