using Osl.Operations;
using Osl.Operations.Processes;
using Osl.Supervision;

namespace Osl.Hosting.Managing;

/// <summary>
/// What a manager that was killed has left running, sorted: what was detached is taken up, what was not is ended, unless the guardian was quicker
/// (adr/0046-osl-manage.md).
/// </summary>
/// <param name="host">What ends and knows what runs.</param>
/// <param name="context">On whose behalf.</param>
/// <param name="time">Bounds the ends.</param>
internal sealed class ManagerRecovery(OslHost host, OperationContext context, TimeProvider time)
{
    private readonly ProcessEnding _ending = new(host, time);

    /// <summary>Sorts what was left.</summary>
    /// <param name="left">What was left.</param>
    /// <param name="isDetached">Whether the template of a name is there and detached.</param>
    /// <returns>What is to be taken up; or why something of it may go on, so that nothing may be started.</returns>
    internal async Task<OneOf<IReadOnlyList<Remembered>, OperationError>> SortAsync(ManagerMemory.Left left, Func<string, bool> isDetached)
    {
        var running = left
            .Entries.Where(entry =>
                entry.Process is { } process && isDetached(entry.Name) && host.Processes.Read(process) is { IsAlive: true }
            )
            .ToArray();
        // Side by side: each may need all of its stop sequence.
        var errors = await Task.WhenAll(left.Entries.Except(running).Select(entry => EndAsync(entry, left))).ConfigureAwait(false);
        return errors.FirstOrDefault(error => error is not null) is { } first ? first : running;
    }

    private async Task<OperationError?> EndAsync(Remembered entry, ManagerMemory.Left left)
    {
        if (entry.Process is { } process)
        {
            return entry.Group is not null || host.Processes.Read(process) is { IsAlive: true }
                ? await EndAsync(process, entry.Group).ConfigureAwait(false)
                : null;
        }

        // It died while it was starting something. Whatever it has started and not written down is in the registry under its pid, if anything is.
        var unknown = left.Unknown(host.Registry).ToArray();
        if (unknown.Length > 0 && Directory.Exists($"/proc/{left.Pid}"))
        {
            // The pid is somebody else's by now, perhaps another host's: these may be his.
            return new OperationFailed(
                "may_still_run",
                $"The manager before was killed while it started '{entry.Name}', which may be one of: {string.Join(", ", unknown.Select(found => found.Pgid))}.",
                "Look with 'osl ps', end it with 'osl kill-group', and start the manager again."
            );
        }

        foreach (var found in unknown)
        {
            if (await EndAsync(found.Process, found.Group).ConfigureAwait(false) is { } error)
            {
                return error;
            }
        }

        return null;
    }

    private async Task<OperationError?> EndAsync(ProcessRef process, GroupRef? group) =>
        (await _ending.StopAsync(process, group, StopSequence.Default, context).ConfigureAwait(false)).TryPickT1(out var error, out _)
        && !error.IsGone()
            ? error
            : null;
}
