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
        if (name is not null && (ProcessTemplate.WhyNoName(name) ?? (ByName(name) is null ? null : "there is one already")) is { } flaw)
        {
            return new ValidationFailed([$"Name: {flaw}."]);
        }

        context ??= Options.Context;
        var outcome = await Executor
            .ExecuteAsync(new AttachProcessOperation(target).WithLifetime(ProcessLifetime.Detached), context, cancellationToken)
            .ConfigureAwait(false);
        if (!outcome.TryPickT0(out var attached, out var error))
        {
            return error;
        }

        ManagedProcess process;
        lock (_gate)
        {
            process = new ManagedProcess(
                this,
                name ?? FreeName(Table.Read(attached.Process)?.Name ?? ""),
                template: null,
                options: null,
                context
            );
            if (Add(process) is { } taken)
            {
                return taken;
            }
        }

        return await TakeUpAsync(process, attached.Live).ConfigureAwait(false);
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

        if (!Add(template, options: null).TryPickT0(out var process, out var refused))
        {
            return refused;
        }

        return await TakeUpAsync(process, new TakenUpProcess(attached.Live, group)).ConfigureAwait(false);
    }

    private static async ValueTask<OneOf<ManagedProcess, OperationError>> TakeUpAsync(ManagedProcess process, IRunningProcess live)
    {
        if (process.TakeUp(live) is { } refused)
        {
            return refused;
        }

        // It runs when whoever has asked for it hears of it; one that has ended meanwhile has been taken up all the same.
        _ = await process.UpAsync().ConfigureAwait(false);
        return process;
    }
}
