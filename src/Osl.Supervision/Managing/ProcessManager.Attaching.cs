using Osl.Operations;
using Osl.Operations.Processes;

namespace Osl.Supervision;

// Processes that run already.
public sealed partial class ProcessManager
{
    /// <summary>
    /// Manages a process that runs already and need not be a child. It goes on when the manager ends; how it ends can be told only as far as
    /// the system tells it to strangers.
    /// </summary>
    /// <param name="target">Its pid, or the exact process.</param>
    /// <param name="name">What it is called; null for the name that the system reports.</param>
    /// <param name="context">On whose behalf; null for the manager's own.</param>
    /// <param name="cancellationToken">The caller's.</param>
    /// <returns>The process, which runs; or why it can't be: its name is taken, there is no such process, the policy says no.</returns>
    public async ValueTask<OneOf<ManagedProcess, OperationError>> AttachAsync(
        ProcessTarget target,
        string? name = null,
        OperationContext? context = null,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(target);
        if (name is not null && ProcessTemplate.WhyNoName(name) is { } flaw)
        {
            return new ValidationFailed([$"Name: {flaw}."]);
        }

        context ??= Options.Context;
        using var promise = name is null ? null : new Promise(this, name);
        if (promise is { Refused: { } taken })
        {
            return taken;
        }

        var outcome = await Executor
            .ExecuteAsync(new AttachProcessOperation(target).WithLifetime(ProcessLifetime.Detached), context, cancellationToken)
            .ConfigureAwait(false);
        if (!outcome.TryPickT0(out var attached, out var error))
        {
            return error;
        }

        ManagedProcess process;
        OperationError? refused;
        lock (_gate)
        {
            process = new ManagedProcess(
                this,
                name ?? FreeName(Table.Read(attached.Process)?.Name ?? ""),
                template: null,
                options: null,
                context
            );
            promise?.Dispose();
            refused = Add(process);
        }

        return await TakeUpAsync(process, attached.Live, refused).ConfigureAwait(false);
    }

    /// <summary>
    /// Defines a process by a template and, in place of its first start, takes up the one that a manager before has started by it, detached.
    /// </summary>
    /// <param name="template">The template.</param>
    /// <param name="running">The process.</param>
    /// <param name="group">The group that was made for it; null when it has none.</param>
    /// <param name="cancellationToken">The caller's.</param>
    /// <returns>The process, which runs; or why it can't be taken up.</returns>
    public async ValueTask<OneOf<ManagedProcess, OperationError>> TakeUpAsync(
        ProcessTemplate template,
        ProcessRef running,
        GroupRef? group,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(template);
        ArgumentNullException.ThrowIfNull(running);
        using var promise = new Promise(this, template.Name);
        if (template.WhyNotUsable() is { } unusable)
        {
            return unusable;
        }

        if (promise.Refused is { } taken)
        {
            return taken;
        }

        var outcome = await Executor
            .ExecuteAsync(
                new AttachProcessOperation(running).WithLifetime(ProcessLifetime.Detached).WithStopSequence(template.Spawn.StopSequence),
                Options.Context,
                cancellationToken
            )
            .ConfigureAwait(false);
        if (!outcome.TryPickT0(out var attached, out var error))
        {
            return error;
        }

        var process = new ManagedProcess(this, template.Name, template, options: null, Options.Context);
        OperationError? refused;
        lock (_gate)
        {
            promise.Dispose();
            refused = Add(process);
        }

        return await TakeUpAsync(process, new TakenUpProcess(attached.Live, group), refused).ConfigureAwait(false);
    }

    /// <param name="process">What manages it from now on.</param>
    /// <param name="live">The process.</param>
    /// <param name="refused">Why it is not managed after all: the manager was closed meanwhile.</param>
    private static async ValueTask<OneOf<ManagedProcess, OperationError>> TakeUpAsync(
        ManagedProcess process,
        IRunningProcess live,
        OperationError? refused
    )
    {
        refused ??= process.TakeUp(live);
        if (refused is not null)
        {
            await live.DisposeAsync().ConfigureAwait(false);
            return refused;
        }

        // It runs when whoever has asked for it hears of it; one that has ended meanwhile has been taken up all the same.
        _ = await process.UpAsync().ConfigureAwait(false);
        return process;
    }

    /// <summary>A name that is kept free for a process while that is being attached to: nothing is attached to in vain.</summary>
    private sealed class Promise : IDisposable
    {
        private readonly ProcessManager _manager;
        private readonly string _name;
        private bool _holds;

        internal Promise(ProcessManager manager, string name)
        {
            (_manager, _name) = (manager, name);
            lock (manager._gate)
            {
                Refused = manager.WhyNotFreeLocked(name);
                _holds = Refused is null && manager._promised.Add(name);
            }
        }

        /// <summary>Why the name can't be had; null when it is kept.</summary>
        internal OperationError? Refused { get; }

        public void Dispose()
        {
            lock (_manager._gate)
            {
                if (_holds)
                {
                    _holds = !_manager._promised.Remove(_name);
                }
            }
        }
    }
}
