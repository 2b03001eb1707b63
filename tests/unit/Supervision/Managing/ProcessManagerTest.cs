using Osl.Operations;
using Osl.Operations.Processes;
using Osl.Supervision;
using Osl.Testing;
using Xunit;

namespace Osl.Tests.Unit.Supervision.Managing;

/// <summary>A manager on a clock that stands still, over processes that are none.</summary>
public abstract class ProcessManagerTest : IAsyncLifetime
{
    /// <summary>For what would never end if it were wrong.</summary>
    private protected static readonly TimeSpan Bound = TimeSpan.FromMinutes(1);

    private protected ManualTimeProvider Clock { get; } = new();

    private protected FakeSystem System { get; }

    private protected ProcessManager Manager { get; }

    private protected static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    private protected ProcessManagerTest()
    {
        System = new FakeSystem(Clock);
        Manager = new ProcessManager(System.Executor, System, new ProcessManagerOptions { TimeProvider = Clock, Random = () => 0 });
    }

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public virtual async ValueTask DisposeAsync()
    {
        System.EndFails = () => null;
        // The clock stands still: what a failed test has left unanswered would be waited for for ever.
        await Manager.DisposeAsync().AsTask().WaitAsync(Bound);
        GC.SuppressFinalize(this);
    }

    private protected ManagedProcess Make(ProcessOptions? options = null) => Manager.NewProcess("daemon", options).AsT0;

    private protected static async Task<ProcessNotice> UntilAsync(Subscription<ProcessNotice> notices, LifecycleState state)
    {
        while (await notices.NextAsync(Cancelled) is { Event: { } notice })
        {
            if (notice.State == state && notice.Before != state)
            {
                return notice;
            }
        }

        throw new InvalidOperationException($"It never was {state}.");
    }
}
