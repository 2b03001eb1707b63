using System.Runtime.ExceptionServices;
using Osl.Operations;
using Osl.Supervision.Services;

namespace Osl.Supervision.Trees;

// What the core wants done, begun and not waited for; and what is said to the children.
public sealed partial class Supervisor
{
    private void Post(Action<SupervisorCore> input)
    {
        lock (_gate)
        {
            _inputs.Enqueue(input);
        }

        Drain();
    }

    /// <summary>One at a time tells the core and begins what it wants: so all is begun in the order in which it was wanted.</summary>
    private void Drain()
    {
        lock (_gate)
        {
            if (_isDraining)
            {
                return;
            }

            _isDraining = true;
        }

        ExceptionDispatchInfo? failure = null;
        while (true)
        {
            SupervisorEffect[] effects;
            lock (_gate)
            {
                if (!_inputs.TryDequeue(out var input))
                {
                    _isDraining = false;
                    break;
                }

                effects = Take(input, ref failure);
            }

            // The clock first: who is told that a child waits may rely on that it does.
            BeginAll(effects, Time, ref failure);
            BeginAll(effects, Begin, ref failure);
        }

        failure?.Throw();
    }

    private static void BeginAll(SupervisorEffect[] effects, Action<SupervisorEffect> begin, ref ExceptionDispatchInfo? failure)
    {
        foreach (var effect in effects)
        {
            try
            {
                begin(effect);
            }
            catch (Exception e)
            {
                // A clock that throws, as a rule. Whoever else is to be begun or ended must not be lost for it.
                failure ??= ExceptionDispatchInfo.Capture(e);
            }
        }
    }

    /// <summary>Under the lock. An input that throws is a mistake in the core: told to who drains, and the next ones still count.</summary>
    private SupervisorEffect[] Take(Action<SupervisorCore> input, ref ExceptionDispatchInfo? failure)
    {
        try
        {
            input(_core);
        }
        catch (Exception e)
        {
            failure ??= ExceptionDispatchInfo.Capture(e);
        }

        var effects = _core.TakeEffects();
        Enter(effects);
        return effects;
    }

    /// <summary>Under the lock: the run that is going to be is there before anybody can ask for it.</summary>
    private void Enter(SupervisorEffect[] effects)
    {
        foreach (var effect in effects)
        {
            if (effect is SupervisorEffect.Start start)
            {
                start.Slot.Current = new ChildRun(start.Slot.Spec, start.Run, this, new CancellationTokenSource());
            }
        }
    }

    private void Time(SupervisorEffect effect)
    {
        switch (effect)
        {
            case SupervisorEffect.Stop stop:
                SetTimer(stop.Slot, stop.Slot.Current!.Grace, core => core.GraceOver(stop.Slot, stop.Run));
                break;
            case SupervisorEffect.Wait wait:
                SetTimer(wait.Slot, wait.Delay, core => core.Waited(wait.Slot, wait.Run));
                break;
            case SupervisorEffect.WaitTogether wait:
                _together?.Dispose();
                _together = _clock.CreateTimer(_ => Post(core => core.WaitedTogether(wait.Restart)), null, wait.Delay);
                break;
            case SupervisorEffect.NoTimer none:
                none.Slot.Timer?.Dispose();
                none.Slot.Timer = null;
                break;
        }
    }

    private void Begin(SupervisorEffect effect)
    {
        switch (effect)
        {
            case SupervisorEffect.Start start:
                var current = start.Slot.Current!;
                _ = Task.Run(() => RunAsync(start.Slot, start.Run, current));
                break;
            case SupervisorEffect.Stop stop:
                // This run's: by the time that it is told, the child may be in its next.
                var asked = stop.Slot.Current!;
                _ = Task.Run(() => TellToStopAsync(stop.Slot, asked));
                break;
            case SupervisorEffect.Abandon abandon:
                abandon.Slot.Current!.Abandon();
                break;
            case SupervisorEffect.Clean clean:
                BeginCleaning(clean);
                break;
            case SupervisorEffect.Leave leave:
                leave.Slot.Left?.TrySetResult();
                break;
            case SupervisorEffect.Tell tell:
                Publish(tell.Event);
                break;
            case SupervisorEffect.AllUp:
                _up.TrySetResult();
                break;
            case SupervisorEffect.Complete complete:
                Complete(complete.Outcome);
                break;
        }
    }

    private async Task RunAsync(ChildSlot slot, int run, ChildRun current)
    {
        var error = await current.RunAsync(slot).ConfigureAwait(false);
        if (current.WasAbandoned)
        {
            // It was cleaned up after when it was abandoned; what it has started since is nobody's but this run's.
            _ = await CleanAsync(slot, current, wasAsked: true).ConfigureAwait(false);
        }

        Post(core => core.RunEnded(slot, run, error));
    }

    private async Task TellToStopAsync(ChildSlot slot, ChildRun asked)
    {
        try
        {
            await asked.StopAsync().ConfigureAwait(false);
        }
        catch (Exception e)
        {
            Publish(new SupervisorEvent.MessageFailed(slot.Spec.Name, _clock.GetUtcNow(), e));
        }
    }

    private void BeginCleaning(SupervisorEffect.Clean clean)
    {
        var current = clean.Slot.Current!;
        if (current.Child is null)
        {
            Post(core => core.Cleaned(clean.Slot, clean.Run, []));
            return;
        }

        _ = Task.Run(async () =>
        {
            var failures = await CleanAsync(clean.Slot, current, clean.WasAsked).ConfigureAwait(false);
            Post(core => core.Cleaned(clean.Slot, clean.Run, failures));
        });
    }

    /// <summary>Ends what the child has named, and tells what came of it.</summary>
    /// <param name="slot">Which child.</param>
    /// <param name="current">Which run of it.</param>
    /// <param name="wasAsked">Whether it was asked to end: else whoever is left is an orphan.</param>
    private async Task<IReadOnlyList<CleanupFailure>> CleanAsync(ChildSlot slot, ChildRun current, bool wasAsked)
    {
        var name = slot.Spec.Name;
        var processes = current.Processes(e => Publish(new SupervisorEvent.MessageFailed(name, _clock.GetUtcNow(), e)));
        var report = await _cleanup.EndAsync(processes, slot.Spec.Cleanup, slot.Spec.Context).ConfigureAwait(false);
        foreach (var (process, ended, escaped) in report.Orphans.Where(orphan => !wasAsked || orphan.Escaped > 0))
        {
            Publish(new SupervisorEvent.OrphansEnded(name, _clock.GetUtcNow(), process, ended, escaped));
        }

        foreach (var process in report.LeftRunning)
        {
            Publish(new SupervisorEvent.LeftRunning(name, _clock.GetUtcNow(), process));
        }

        foreach (var (process, problem) in report.Failures)
        {
            Publish(new SupervisorEvent.CleanupFailed(name, _clock.GetUtcNow(), process, problem));
        }

        return [.. report.Failures.Select(failure => new CleanupFailure(name, failure.Process, failure.Problem))];
    }

    private void SetTimer(ChildSlot slot, TimeSpan delay, Action<SupervisorCore> then)
    {
        slot.Timer?.Dispose();
        slot.Timer = _clock.CreateTimer(_ => Post(then), null, delay);
    }

    /// <summary>A child of ours is up.</summary>
    internal void TellUp(ChildSlot slot, int run) => Post(core => core.Up(slot, run));

    /// <summary>Something has happened in a child that is a supervisor itself.</summary>
    internal void TellNested(string child, SupervisorEvent told) => Publish(told.Under(child));

    private void Publish(SupervisorEvent told)
    {
        Events.Publish(told);
        Upwards?.Invoke(told);
    }

    private void Complete(SupervisorOutcome outcome)
    {
        TaskCompletionSource<SupervisorOutcome>? run;
        (string Name, ChildRun? Current)[] alive;
        lock (_gate)
        {
            _together?.Dispose();
            _together = null;
            _isToEnd = false;
            run = _run;
            _run = null;
            alive = [.. _core.Slots.Where(slot => slot.IsRunning).Select(slot => (slot.Spec.Name, slot.Current))];
            _up.TrySetCanceled(CancellationToken.None);
        }

        // Outside of the lock: names within are the children's own code.
        var names = alive.ToDictionary(child => child.Name, child => NamesOf(child.Name, child.Current), StringComparer.Ordinal);
        run?.TrySetResult(outcome with { Abandoned = [.. outcome.Abandoned.SelectMany(name => names.GetValueOrDefault(name, [name]))] });
    }

    private async Task SendAsync(RuntimeControlMessage message)
    {
        ArgumentNullException.ThrowIfNull(message);
        if (message == RuntimeControlMessage.Shutdown)
        {
            Task ended;
            lock (_gate)
            {
                if (_run is null)
                {
                    // Kept until the run begins, unless it is taken back (Reset). The core is not told: it could not be told otherwise.
                    _isToEnd = true;
                    return;
                }

                ended = _run.Task;
            }

            Stop();
            await ended.ConfigureAwait(false);
            return;
        }

        (string Name, IChild? Child)[] there;
        lock (_gate)
        {
            there = [.. _core.Slots.Where(slot => slot.IsRunning).Select(slot => (slot.Spec.Name, slot.Current?.Child))];
        }

        await Task.WhenAll(there.Where(child => child.Child is not null).Select(child => TellAsync(child.Name, child.Child!, message)))
            .ConfigureAwait(false);
    }

    private async Task TellAsync(string name, IChild child, RuntimeControlMessage message)
    {
        try
        {
            await Task.Run(() => child.Handle.SendAsync(message)).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            Publish(new SupervisorEvent.MessageFailed(name, _clock.GetUtcNow(), e));
        }
    }

    private sealed class Control(Supervisor supervisor) : IProcessControlHandler
    {
        public Task SendAsync(RuntimeControlMessage message) => supervisor.SendAsync(message);

        public void Reset()
        {
            lock (supervisor._gate)
            {
                supervisor._isToEnd = false;
            }
        }
    }
}
