using Osl.Executors;
using Osl.Executors.Registry;
using Osl.Executors.Windows;
using Osl.Interop.Windows;
using Osl.Operations;
using Osl.Operations.Processes;
using Xunit;

namespace Osl.Tests.Integration.Windows;

/// <summary>A job of which the system does not tell who is in it, by a handle that lacks the right to ask: nobody concludes that it is empty.</summary>
public sealed class UnknownTests : WindowsExecutorTest
{
    private const uint NotToQuery = Kernel32.SYNCHRONIZE | Kernel32.JOB_OBJECT_TERMINATE;

    [Fact]
    public async Task What_is_not_told_is_not_zero()
    {
        var launched = await Ready("ready");
        using var job = Open(launched);

        Assert.Null(Job.Members(job));
        Assert.Null(Job.CountActive(job));
        Assert.Null(WindowsProcesses.Members(job, launched.Pgid));
    }

    [Fact]
    public async Task A_group_is_not_empty_because_nobody_tells()
    {
        var launched = await Ready("ready");
        using var job = Open(launched);
        using var group = new WindowsGroupLease(launched.Group!, job, new WindowsWaits(TimeProvider.System), Registry);
        using var gaveUp = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);

        var empty = group.WaitUntilEmptyAsync(gaveUp.Token);

        Assert.Equal(launched.Process, Assert.Single(group.Members(), member => member.IsAlive).Process);
        Assert.False(empty.IsCompleted);
        await gaveUp.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => empty);
        // Whether the host is in it isn't told either.
        Assert.IsType<Denied>(group.Signal(Signal.Kill));
        Assert.False(launched.Exited.IsCompleted);
    }

    [Fact]
    public async Task A_job_of_which_nobody_tells_is_not_let_go()
    {
        var launched = await Ready("ready");
        var watcher = new JobWatcher();
        var child = new WindowsChild(watcher, Open(launched));
        var process = ProcessHandle.TryOpen(launched.Process.Pid, ProcessHandle.ToQuery | Kernel32.SYNCHRONIZE, out _);
        var registration = new Ending();
        child.Begin(process!, launched.Process, launched.Group, registration);
        Assert.Equal(0, child.Watch());
        using (var group = HoldGroup(launched))
        {
            Assert.Null(group.Signal(Signal.Kill));
        }

        await child.Exited;
        child.Look();

        Assert.False(registration.HasEnded);
        Assert.False(child.GroupEnded.IsCompleted);
        child.Abandon();
        await watcher.CloseAsync();
    }

    private static Win32Handle Open(LaunchedProcess launched)
    {
        var job = Job.TryOpen(launched.JobId!, NotToQuery, out _);
        Assert.NotNull(job);
        return job;
    }

    private sealed class Ending : IRegistration
    {
        public bool HasEnded { get; private set; }

        public void Started(ProcessRef process, int pgid) { }

        public void Detached() { }

        public void Ended() => HasEnded = true;
    }
}
