using FsCheck;
using FsCheck.Fluent;
using Osl.Operations;
using Osl.Operations.Processes;
using Osl.Supervision.Groups;
using Xunit;

namespace Osl.Tests.Unit.Supervision.Groups;

/// <summary>
/// Whatever happens in whatever order: nobody is started twice, nobody is forgotten, each end is told exactly once, and when the group is
/// disposed nobody is left but who was detached.
/// </summary>
public sealed class GroupPropertyTests
{
    private enum Step
    {
        Emplace,
        EmplaceApart,
        EmplaceMissing,
        Attach,
        ExitFirst,
        ExitLast,
        ExitAll,
        WaitOne,
        GiveUpWaiting,
        Terminate,
        Detach,
        Move,
    }

    [Fact]
    public void Nobody_is_started_twice_and_nobody_is_forgotten() =>
        Prop.ForAll(
                Gen.Elements(Enum.GetValues<Step>()).ListOf().ToArbitrary(),
                steps => new Run().Play([.. steps]).WaitAsync(TimeSpan.FromMinutes(1)).GetAwaiter().GetResult()
            )
            .Check(Config.QuickThrowOnFailure.WithMaxTest(400).WithEndSize(40));

    private sealed class Run
    {
        private readonly GroupWorld _world = new();
        private readonly List<Task<GroupExit?>> _waits = [];
        private readonly HashSet<ProcessRef> _entered = [];
        private readonly HashSet<ProcessRef> _detached = [];
        private int _asked;

        internal async Task<bool> Play(IReadOnlyList<Step> steps)
        {
            var group = _world.Group();
            foreach (var step in steps)
            {
                if (step == Step.Move)
                {
                    var moved = group.Move();
                    await group.DisposeAsync();
                    group = moved;
                }
                else
                {
                    await Take(group, step);
                }
            }

            var kept = _world.Living.Where(process => _detached.Contains(process.Process)).ToList();
            var left = group.WaitAsync();
            await group.DisposeAsync();
            Assert.All(kept, process => Assert.Contains(process, _world.Living));
            foreach (var process in _world.Living)
            {
                Assert.Contains(process.Process, _detached);
                _world.End(process, new ExitStatus(0));
            }

            // Each end once: to who waited for one, or to who waits for all.
            var told = (await Task.WhenAll(_waits)).OfType<GroupExit>().Concat(await left).Select(exit => exit.Process).ToList();
            Assert.Equal(told.Count, told.Distinct().Count());
            Assert.Equal(_entered.OrderBy(process => process.Pid), told.OrderBy(process => process.Pid));
            // One start each, whatever had to be tried again where a process group had just ended.
            Assert.Equal(_asked, _world.All.Count(process => _entered.Contains(process.Process) && process.Group is not null));
            return true;
        }

        private async Task Take(ProcessGroup group, Step step)
        {
            switch (step)
            {
                case Step.Emplace or Step.EmplaceApart:
                    var spawn = new SpawnProcessOperation("worker");
                    _asked++;
                    var started = await group.EmplaceAsync(step == Step.EmplaceApart ? spawn.WithDetachFromTerminal() : spawn).OrThrow();
                    Assert.True(_entered.Add(started.Process));
                    break;
                case Step.EmplaceMissing:
                    Assert.True((await group.EmplaceAsync("missing")).IsT1);
                    break;
                case Step.Attach:
                    var stranger = _world.Stranger();
                    await group.AttachAsync(stranger.Process).OrThrow();
                    Assert.True(_entered.Add(stranger.Process));
                    break;
                case Step.ExitFirst or Step.ExitLast or Step.ExitAll:
                    var living = _world.Living;
                    var ending = step == Step.ExitAll ? living : [.. living.Skip(step == Step.ExitFirst ? 0 : living.Count - 1).Take(1)];
                    foreach (var process in ending)
                    {
                        _world.End(process, new ExitStatus(process.Process.Pid % 2));
                    }

                    break;
                case Step.WaitOne:
                    _waits.Add(group.WaitOneAsync().AsTask());
                    break;
                case Step.GiveUpWaiting:
                    await GiveUp(group);
                    break;
                case Step.Terminate:
                    _ = await group.TerminateAsync().OrThrow();
                    Assert.False(group.Running);
                    break;
                case Step.Detach:
                    var members = group.Members;
                    Assert.Null(await group.DetachAsync());
                    _detached.UnionWith(members);
                    break;
                default:
                    throw new ArgumentOutOfRangeException(nameof(step), step, "unknown");
            }
        }

        private async Task GiveUp(ProcessGroup group)
        {
            using var patience = new CancellationTokenSource();
            var wait = group.WaitOneAsync(patience.Token).AsTask();
            await patience.CancelAsync();
            try
            {
                // What came before the cancellation is this waiter's.
                _waits.Add(Task.FromResult(await wait));
            }
            catch (OperationCanceledException)
            {
                Assert.True(wait.IsCanceled);
            }
        }
    }
}
