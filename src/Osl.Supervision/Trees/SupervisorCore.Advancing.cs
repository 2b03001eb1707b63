using static Osl.Supervision.LifecycleEvent;
using static Osl.Supervision.LifecycleState;

namespace Osl.Supervision.Trees;

// What follows from where all children stand: asked after everything that happens, and without effect when it is asked again.
internal sealed partial class SupervisorCore
{
    private void Advance()
    {
        if (!_isStarted || _isCompleted)
        {
            return;
        }

        if (!_isStopping && _restartFrom is { } from)
        {
            AdvanceRestart(from);
        }

        if (!_isStopping)
        {
            StartWhoIsDue();
            if (!_wasAllUp && !_isStopping && _restartFrom is null && _slots.All(IsSettled))
            {
                _wasAllUp = true;
                Do(new SupervisorEffect.AllUp());
            }
        }

        if (_isStopping && StopFrom(0, waitingToo: true))
        {
            _isCompleted = true;
            var abandoned = _slots.Where(slot => slot.Life.State == Abandoned).Select(slot => slot.Spec.Name).Concat(_abandonedWithin);
            var outcome = new SupervisorOutcome(_failure, [.. abandoned], [.. _survivors]) { UnknownStarts = [.. _unknownStarts] };
            Do(new SupervisorEffect.Complete(outcome));
        }
    }

    /// <summary>Everybody from there on ends; then, when the wait is over too, all are due.</summary>
    private void AdvanceRestart(ChildSlot from)
    {
        var first = _slots.IndexOf(from);
        if (!StopFrom(first, waitingToo: false))
        {
            return;
        }

        for (var i = first; i < _slots.Count; i++)
        {
            var slot = _slots[i];
            if (slot.Life.State == Abandoned && IsForRestart(slot))
            {
                Fail(slot, "it did not end in time, so it can't be started again with the others", null);
                return;
            }

            if (slot.LeftBehind is { } left && IsForRestart(slot))
            {
                Fail(slot, left, slot.Error);
                return;
            }
        }

        if (!_restartWaited)
        {
            return;
        }

        _restartFrom = null;
        for (var i = first; i < _slots.Count; i++)
        {
            _slots[i].IsDue = IsForRestart(_slots[i]);
        }
    }

    /// <summary>Asks to end who is to be asked now.</summary>
    /// <returns>Whether nobody from there on is left.</returns>
    private bool StopFrom(int first, bool waitingToo)
    {
        var areOver = true;
        for (var i = _slots.Count - 1; i >= first; i--)
        {
            var slot = _slots[i];
            slot.IsDue = false;
            if (slot.Life.State == Waiting && !waitingToo)
            {
                continue;
            }

            if (slot.Life.State is Starting or Running or Waiting)
            {
                StopOne(slot);
            }

            areOver &= slot.IsOver;
            if (!areOver && !AreIndependent)
            {
                return false;
            }
        }

        return areOver;
    }

    private void StopOne(ChildSlot slot)
    {
        var wasWaiting = slot.Life.State == Waiting;
        Apply(slot, LifecycleEvent.Stop);
        if (wasWaiting)
        {
            Do(new SupervisorEffect.NoTimer(slot));
        }
        else if (slot.IsRunning)
        {
            Do(new SupervisorEffect.Stop(slot, slot.Run));
        }
        // Else its run has returned, and its processes are being ended: the state says that it is not to be started again.
    }

    private void StartWhoIsDue()
    {
        foreach (var slot in _slots.ToArray())
        {
            if (slot.IsDue)
            {
                slot.IsDue = false;
                StartOne(slot, LifecycleEvent.Start);
            }

            if (!AreIndependent && slot.Life.State == Starting)
            {
                // Who comes after it may need it.
                return;
            }
        }
    }

    private void StartOne(ChildSlot slot, LifecycleEvent what)
    {
        Apply(slot, what);
        slot.Run++;
        slot.IsRunning = true;
        slot.Error = null;
        slot.StartedAt = _clock.GetTimestamp();
        Do(new SupervisorEffect.Start(slot, slot.Run));
    }

    private void LeaveIfOver(ChildSlot slot)
    {
        if (!slot.IsLeaving || !slot.IsOver)
        {
            return;
        }

        Do(new SupervisorEffect.Leave(slot));
        if (!slot.IsRunning)
        {
            // Who was abandoned keeps its name as long as it runs.
            var at = _slots.IndexOf(slot);
            _slots.RemoveAt(at);
            if (_restartFrom == slot)
            {
                // Nobody before it waits: they would have made the restart begin with them. So with the last of them it is over.
                _restartFrom = at < _slots.Count ? _slots[at] : null;
            }
        }
    }

    /// <summary>A temporary child is not started again; but it is started, if it was not yet.</summary>
    private static bool IsForRestart(ChildSlot slot) =>
        !slot.IsLeaving && (slot.Spec.Kind != ChildKind.Temporary || slot.Life.State == Idle);

    /// <summary>It is not on its way to be up. Who leaves never will be, even if it is abandoned and stays until its run returns.</summary>
    private static bool IsSettled(ChildSlot slot) => slot.IsLeaving || (!slot.IsDue && slot.Life.State is Running or Ended or Failed);

    private void Apply(ChildSlot slot, LifecycleEvent what, Exception? error = null)
    {
        var before = slot.Life.State;
        if (slot.Life.Apply(what))
        {
            Do(new SupervisorEffect.Tell(new SupervisorEvent.Changed(slot.Spec.Name, _clock.GetUtcNow(), before, slot.Life.State, error)));
        }
    }

    private void Do(SupervisorEffect effect) => _effects.Add(effect);
}
