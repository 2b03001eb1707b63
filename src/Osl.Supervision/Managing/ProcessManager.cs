using Osl.Operations;
using Osl.Operations.Processes;

namespace Osl.Supervision;

/// <summary>
/// Makes, finds and ends managed processes, each by its name. What it starts, signals and ends is an operation, judged and recorded like any
/// other. Thread-safe. Disposing it ends what is not detached.
/// </summary>
public sealed partial class ProcessManager : IAsyncDisposable
{
    /// <summary>The shortest <see cref="ProcessManagerOptions.StatusInterval"/>.</summary>
    public static TimeSpan ShortestInterval { get; } = TimeSpan.FromMilliseconds(10);

    /// <summary>The longest <see cref="ProcessManagerOptions.StatusInterval"/>.</summary>
    public static TimeSpan LongestInterval { get; } = TimeSpan.FromDays(1);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, ManagedProcess> _processes = new(StringComparer.Ordinal);

    /// <summary>Names of processes that are just being attached to.</summary>
    private readonly HashSet<string> _promised = new(StringComparer.Ordinal);
    private readonly EventBroadcast<ProcessNotice> _events = new();
    private readonly Lazy<Task> _closing;
    private ITimer? _watch;
    private volatile bool _isClosed;

    /// <summary>Manages processes under a host.</summary>
    /// <param name="executor">What does the operations.</param>
    /// <param name="table">What the status of processes is read from.</param>
    /// <param name="options">What differs from the defaults.</param>
    public ProcessManager(IOperationExecutor executor, IProcessTable table, ProcessManagerOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(executor);
        ArgumentNullException.ThrowIfNull(table);
        Executor = executor;
        Table = table;
        Options = options ?? new ProcessManagerOptions();
        ArgumentOutOfRangeException.ThrowIfLessThan(Options.StatusInterval, ShortestInterval, nameof(options));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(Options.StatusInterval, LongestInterval, nameof(options));
        Ending = new ProcessEnding(executor, Options.TimeProvider);
        _closing = new Lazy<Task>(CloseAsync);
    }

    /// <summary>All that it manages, in the order of their names.</summary>
    public IReadOnlyList<ManagedProcess> All
    {
        get
        {
            lock (_gate)
            {
                return [.. _processes.Values.OrderBy(process => process.Name, StringComparer.Ordinal)];
            }
        }
    }

    internal IOperationExecutor Executor { get; }

    internal ProcessEnding Ending { get; }

    internal IProcessTable Table { get; }

    internal ProcessManagerOptions Options { get; }

    internal TimeProvider Time => Options.TimeProvider;

    internal bool IsClosed => _isClosed;

    /// <summary>The one of a name; null when there is none.</summary>
    /// <param name="name">Its name.</param>
    public ManagedProcess? ByName(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        lock (_gate)
        {
            return _processes.GetValueOrDefault(name);
        }
    }

    /// <summary>The one whose process has a pid and is alive; null when there is none.</summary>
    /// <param name="pid">The pid.</param>
    public ManagedProcess? ByPid(int pid) => All.FirstOrDefault(process => process.Pid == pid && process.IsAlive);

    /// <summary>Defines a new process, and does not start it.</summary>
    /// <param name="command">The program; see <see cref="SpawnProcessOperation.Program"/>.</param>
    /// <param name="options">What is said of it.</param>
    /// <returns>The process; or why it can't be: its name is taken or none, its template could not be written.</returns>
    public OneOf<ManagedProcess, OperationError> NewProcess(string command, ProcessOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(command);
        options ??= new ProcessOptions();
        if (options.Detach && (options.Output is not null || options.Error is not null))
        {
            return new ValidationFailed(["Detach: what goes on without its host can't write to streams of it; give it files."]);
        }

        // A name in two steps, so that nobody takes a free one in between.
        lock (_gate)
        {
            var template = options.ToTemplate(command, options.Name ?? FreeName(command));
            // What can't be made is not written down either.
            if ((template.WhyNotUsable() ?? WhyNotFreeLocked(template.Name)) is { } refused)
            {
                return refused;
            }

            return options.Template is { } wanted && SaveAs(template with { Name = wanted.Name }, options) is { } unsaved
                ? unsaved
                : Add(template, options);
        }
    }

    /// <summary>Defines a process by a template, under the template's name, and does not start it.</summary>
    /// <param name="template">The template.</param>
    /// <param name="output">Where its output is written, where its template lets it inherit the host's and it ends with the host; null for the host's.</param>
    /// <param name="error">The same for its errors.</param>
    /// <returns>The process; or why it can't be: its name is taken or none.</returns>
    public OneOf<ManagedProcess, OperationError> NewProcess(ProcessTemplate template, Stream? output = null, Stream? error = null)
    {
        ArgumentNullException.ThrowIfNull(template);
        var spawn = template.Spawn;
        if (spawn.Lifetime == ProcessLifetime.Detached || (output is null && error is null))
        {
            return Add(template, options: null);
        }

        spawn = spawn with { StandardOutput = PipeFor(spawn.StandardOutput, output), StandardError = PipeFor(spawn.StandardError, error) };
        return Add(template with { Spawn = spawn }, new ProcessOptions { Output = output, Error = error });
    }

    private static StandardOutputConfig PipeFor(StandardOutputConfig output, Stream? writer) =>
        writer is not null && output.Kind == StandardOutputKind.Inherit ? StandardOutputConfig.Pipe : output;

    /// <summary>
    /// Forgets a process. It is not ended, and not started again: whoever wants that ends it first. Its host still ends it in the end, unless it is
    /// detached.
    /// </summary>
    /// <param name="name">Its name.</param>
    /// <returns>Whether there was one.</returns>
    public bool Delete(string name)
    {
        ManagedProcess? process;
        lock (_gate)
        {
            if (!_processes.Remove(name, out process))
            {
                return false;
            }
        }

        process.Release();
        process.Complete();
        return true;
    }

    /// <summary>Listens to what changes from now on, of all processes.</summary>
    /// <param name="capacity">How much is kept while the listener is busy; what is more is counted.</param>
    public Subscription<ProcessNotice> Subscribe(int capacity = EventBroadcast<ProcessNotice>.DefaultCapacity)
    {
        var subscription = _events.Subscribe(capacity);
        Watch();
        return subscription;
    }

    /// <summary>Starts nothing more; ends all that is neither detached nor was attached to, side by side; forgets the rest.</summary>
    public ValueTask DisposeAsync() => new(_closing.Value);

    internal void Publish(ProcessNotice notice) => _events.Publish(notice);

    /// <summary>Somebody listens: from now on the status is looked at.</summary>
    internal void Watch()
    {
        lock (_gate)
        {
            if (!_isClosed)
            {
                // One timer for all, and none before somebody listens.
                _watch ??= Time.CreateTimer(
                    static state => ((ProcessManager)state!).Look(),
                    this,
                    Options.StatusInterval,
                    Options.StatusInterval
                );
            }
        }
    }

    private void Look()
    {
        var all = All;
        var isHeard = _events.IsHeard;
        var any = isHeard;
        foreach (var process in all)
        {
            if (isHeard || process.IsHeard)
            {
                any = true;
                process.Observe();
            }
        }

        if (any)
        {
            return;
        }

        lock (_gate)
        {
            // Somebody may have begun to listen meanwhile: who comes now makes a new one.
            if (!_events.IsHeard && !_processes.Values.Any(process => process.IsHeard))
            {
                _watch?.Dispose();
                _watch = null;
            }
        }
    }

    private OneOf<ManagedProcess, OperationError> Add(ProcessTemplate template, ProcessOptions? options)
    {
        if (template.WhyNotUsable() is { } unusable)
        {
            return unusable;
        }

        var process = new ManagedProcess(this, template.Name, template, options, Options.Context);
        return Add(process) is { } refused ? refused : process;
    }

    private OperationError? Add(ManagedProcess process)
    {
        lock (_gate)
        {
            if (WhyNotFreeLocked(process.Name) is { } refused)
            {
                return refused;
            }

            _processes.Add(process.Name, process);
        }

        if (process.Notifications is not null)
        {
            Watch();
        }

        process.PassOnNotices();
        return null;
    }

    /// <summary>Under the lock: why nothing can be added by this name; null when it can.</summary>
    private OperationError? WhyNotFreeLocked(string name) =>
        _isClosed ? new OperationFailed("manager_closed", "This manager is closed.", "Use one that is open.")
        : _processes.ContainsKey(name) || _promised.Contains(name) ? new ValidationFailed([$"Name: there is a process '{name}' already."])
        : null;

    /// <summary>Under the lock.</summary>
    private string FreeName(string command)
    {
        var file = command[(command.LastIndexOfAny(['/', '\\']) + 1)..];
        var kept = string.Concat(file.Where(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_')).TrimStart('-', '_');
        var stem = kept.Length == 0 ? "process" : kept[..Math.Min(kept.Length, ProcessTemplate.LongestName - 8)];
        var name = stem;
        for (var number = 2; _processes.ContainsKey(name) || _promised.Contains(name); number++)
        {
            name = string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{stem}-{number}");
        }

        return name;
    }

    private async Task CloseAsync()
    {
        ManagedProcess[] all;
        lock (_gate)
        {
            _isClosed = true;
            _watch?.Dispose();
            _watch = null;
            all = [.. _processes.Values];
        }

        try
        {
            await Task.WhenAll(all.Select(EndAsync)).ConfigureAwait(false);
        }
        finally
        {
            // Who listens is let go whatever became of the ends.
            foreach (var process in all)
            {
                process.Complete();
            }

            _events.Complete();
        }
    }

    private async Task EndAsync(ManagedProcess process)
    {
        if (!process.EndsWithManager)
        {
            process.Release();
            return;
        }

        var sequence = process.Template!.Spawn.StopSequence.EndingWithKill();
        using var enough = new CancellationTokenSource();
        var ending = process.StopAndWaitAsync(sequence, cancellationToken: enough.Token).AsTask();
        try
        {
            // An end may have to be approved by somebody who never answers.
            await Time.WaitAsync(ending, ProcessEnding.LongestOf(sequence)).ConfigureAwait(false);
            if (await ending.ConfigureAwait(false) is null)
            {
                return;
            }
        }
        catch (Exception)
        {
            // Not in time, a host that is gone, or whatever a handler throws: one that can't be ended hinders the end of no other, nor of what
            // is disposed after this. The pipeline has recorded the operation with what was thrown.
            await enough.CancelAsync().ConfigureAwait(false);
        }

        // Said in its last notice and in the journal; the host and its guardian try again.
        process.Release();
    }
}
