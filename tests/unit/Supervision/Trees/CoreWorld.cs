using Osl.Operations;
using Osl.Operations.Processes;
using Osl.Supervision;
using Osl.Supervision.Trees;
using Osl.Testing;
using Xunit;

namespace Osl.Tests.Unit.Supervision.Trees;

/// <summary>
/// Everything around a supervisor's core, in an order that somebody else chooses: children that get up, end, fail or never end, timers,
/// cleaning. Checks after every step what must hold.
/// </summary>
internal sealed class CoreWorld
{
    private static readonly CleanupFailure Survivor = new(
        "a",
        new ChildProcessInfo(new ProcessRef(1000, 1, "boot", 0)),
        new Unsupported("ending it", "Nothing.")
    );

    private readonly ManualTimeProvider _clock = new();
    private readonly List<Pending> _pending = [];
    private readonly Dictionary<ChildSlot, int> _runs = [];
    private readonly HashSet<ChildSlot> _uncleaned = [];
    private readonly HashSet<ChildSlot> _left = [];
    private readonly Dictionary<ChildSlot, (int Started, int Failed)> _last = [];
    private readonly List<ChildSlot> _order = [];
    private readonly bool _isRestForOne;
    private bool _isEnding;
    private int _step;

    internal CoreWorld(RestartStrategy strategy, int maxRestarts, params ChildKind[] children)
    {
        Core = new SupervisorCore(
            new SupervisorOptions
            {
                Strategy = strategy,
                MaxRestarts = maxRestarts,
                TimeProvider = _clock,
            },
            () => 0.5
        );
        _isRestForOne = strategy == RestartStrategy.RestForOne;
        foreach (var (i, kind) in children.Index())
        {
            Core.Add(Spec($"{(char)('a' + i)}", kind));
        }

        Core.Start();
        Take();
    }

    internal SupervisorCore Core { get; }

    internal SupervisorOutcome? Outcome { get; private set; }

    /// <summary>What was begun, in order: "start a", "stop a", "clean a".</summary>
    internal List<string> Log { get; } = [];

    internal bool IsUp { get; private set; }

    internal string States => string.Join(' ', Core.Slots.Select(slot => $"{slot.Spec.Name}:{slot.Life.State}"));

    internal int Possibilities => _pending.Count;

    /// <summary>One of the things that can happen now happens.</summary>
    internal void Step(int choice)
    {
        if (_pending.Count > 0)
        {
            Do(_pending[(choice & int.MaxValue) % _pending.Count]);
        }
    }

    /// <summary>Somebody asks for the end.</summary>
    internal void Stop()
    {
        _isEnding = true;
        Core.Stop();
        Take();
    }

    internal void Add(string name, ChildKind kind)
    {
        if (!Core.IsStopping && Core.Slots.All(slot => !string.Equals(slot.Spec.Name, name, StringComparison.Ordinal)))
        {
            Core.Add(Spec(name, kind));
            Take();
        }
    }

    internal void Remove(int choice)
    {
        if (Core.Slots.Count > 0)
        {
            Core.Remove(Core.Slots[(choice & int.MaxValue) % Core.Slots.Count]);
            Take();
        }
    }

    internal void Up(string name) => Do(Of(name, "up"));

    internal void End(string name, bool failed = true) => Do(Of(name, failed ? "fail" : "end"));

    internal void Cleaned(string name) => Do(Of(name, "cleaned"));

    internal void LeftSurvivors(string name) => Do(Of(name, "survivors"));

    internal void GraceOver(string name) => Do(Of(name, "grace"));

    internal void Waited(string name) => Do(Of(name, "wait"));

    internal void WaitedTogether() => Do(_pending.Single(pending => pending.Slot is null));

    /// <summary>Ends, and is gone at once.</summary>
    internal void Die(string name, bool failed = true)
    {
        End(name, failed);
        Cleaned(name);
    }

    /// <summary>Time passes, cleaning succeeds, nobody ends by himself: what is left when all that comes by itself has come.</summary>
    internal void Settle(Func<int> choose)
    {
        for (var steps = 0; ; steps++)
        {
            Assert.True(steps < 10_000, $"It never comes to rest: {States}");
            var inevitable = _pending.Where(pending => pending.What is "grace" or "cleaned" or "wait" or "up" or "together").ToArray();
            if (inevitable.Length == 0)
            {
                break;
            }

            Do(inevitable[(choose() & int.MaxValue) % inevitable.Length]);
        }

        foreach (var slot in Core.Slots)
        {
            // Nothing else will come for it, so it has to be where it can stay.
            var isSettled =
                slot.Life.State is LifecycleState.Running or LifecycleState.Ended or LifecycleState.Failed or LifecycleState.Abandoned
                || (Outcome is not null && slot.Life.State == LifecycleState.Idle);
            Assert.True(isSettled && (!slot.IsDue || Outcome is not null), $"'{slot.Spec.Name}' was forgotten: {States}");
        }
    }

    private static ChildSpec Spec(string name, ChildKind kind) => new(name, () => throw new InvalidOperationException()) { Kind = kind };

    private Pending Of(string name, string what) =>
        _pending.Single(pending =>
            string.Equals(pending.What, what, StringComparison.Ordinal)
            && string.Equals(pending.Slot?.Spec.Name, name, StringComparison.Ordinal)
        );

    private void Do(Pending pending)
    {
        _pending.Remove(pending);
        var slot = pending.Slot!;
        switch (pending.What)
        {
            case "up":
                Core.Up(slot, pending.Run);
                break;
            case "end" or "fail":
                _pending.RemoveAll(other => other.Slot == slot && other.Run == pending.Run && other.What is "up" or "end" or "fail");
                _runs.Remove(slot);
                Core.RunEnded(slot, pending.Run, pending.What is "fail" ? new InvalidOperationException("boom") : null);
                break;
            case "cleaned" or "survivors":
                _pending.RemoveAll(other => other.Slot == slot && other.What is "cleaned" or "survivors");
                if (pending.What is "cleaned")
                {
                    _uncleaned.Remove(slot);
                }

                if (slot.Life.State is LifecycleState.Starting or LifecycleState.Running)
                {
                    // Unasked: from here on others may be ended for it.
                    _last[slot] = (_last[slot].Started, ++_step);
                }

                Core.Cleaned(slot, pending.Run, pending.What is "cleaned" ? [] : [Survivor]);
                break;
            case "grace":
                Core.GraceOver(slot, pending.Run);
                break;
            case "wait":
                Core.Waited(slot, pending.Run);
                break;
            case "together":
                Core.WaitedTogether(pending.Run);
                break;
        }

        Take();
    }

    private void Take()
    {
        foreach (var effect in Core.TakeEffects())
        {
            switch (effect)
            {
                case SupervisorEffect.Start(var slot, var run):
                    Log.Add($"start {slot.Spec.Name}");
                    if (!_last.ContainsKey(slot))
                    {
                        _order.Add(slot);
                    }

                    _last[slot] = (++_step, _last.GetValueOrDefault(slot).Failed);
                    Assert.True(Outcome is null, "Started after the end.");
                    Assert.False(_isEnding, "Started while ending.");
                    Assert.False(_left.Contains(slot), "Started after it has left.");
                    Assert.True(_runs.TryAdd(slot, run), $"'{slot.Spec.Name}' was started twice.");
                    Assert.True(_uncleaned.Add(slot), $"'{slot.Spec.Name}' was started beside what is left of it.");
                    foreach (var what in (string[])["up", "end", "fail"])
                    {
                        _pending.Add(new Pending(slot, run, what));
                    }

                    break;
                case SupervisorEffect.Stop(var slot, var run):
                    Log.Add($"stop {slot.Spec.Name}");
                    if (_isRestForOne && !Core.IsStopping && !slot.IsLeaving)
                    {
                        // Each is started after those before it, whether they are still there or not.
                        Assert.True(
                            _order.TakeWhile(before => before != slot).Any(before => _last[before].Failed > _last[slot].Started),
                            $"'{slot.Spec.Name}' was ended for one that comes after it: {States}"
                        );
                    }

                    _pending.Add(new Pending(slot, run, "grace"));
                    break;
                case SupervisorEffect.Clean(var slot, var run, _):
                    Log.Add($"clean {slot.Spec.Name}");
                    _pending.Add(new Pending(slot, run, "cleaned"));
                    _pending.Add(new Pending(slot, run, "survivors"));
                    break;
                case SupervisorEffect.Wait(var slot, var run, _):
                    _pending.Add(new Pending(slot, run, "wait"));
                    break;
                case SupervisorEffect.WaitTogether(var restart, _):
                    _pending.RemoveAll(pending => pending.Slot is null);
                    _pending.Add(new Pending(null, restart, "together"));
                    break;
                case SupervisorEffect.NoTimer(var slot):
                    _pending.RemoveAll(pending => pending.Slot == slot && pending.What is "grace" or "wait");
                    break;
                case SupervisorEffect.Leave(var slot):
                    _left.Add(slot);
                    break;
                case SupervisorEffect.AllUp:
                    IsUp = true;
                    break;
                case SupervisorEffect.Complete(var outcome):
                    Assert.Null(Outcome);
                    Outcome = outcome;
                    Assert.All(
                        Core.Slots.Where(slot => _runs.ContainsKey(slot)),
                        slot => Assert.Equal(LifecycleState.Abandoned, slot.Life.State)
                    );
                    break;
            }
        }

        _isEnding |= Core.IsStopping;
    }

    private sealed record Pending(ChildSlot? Slot, int Run, string What);
}
