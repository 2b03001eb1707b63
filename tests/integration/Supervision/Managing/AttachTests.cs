using Osl.Hosting;
using Osl.Operations;
using Osl.Operations.Processes;
using Osl.Supervision;
using Osl.Tests.Integration.Cli;

namespace Osl.Tests.Integration.Supervision.Managing;

/// <summary>A manager that takes up what runs already.</summary>
public sealed class AttachTests : IAsyncLifetime
{
    private readonly string _directory = Directory.CreateTempSubdirectory("osl-attach-").FullName;
    private readonly OslHost _host;
    private readonly OslHost _other;
    private readonly ProcessManager _manager;

    public AttachTests()
    {
        _host = Create("audit");
        _other = Create("audit-other");
        _manager = new ProcessManager(_host, _host.Processes);
    }

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await _manager.DisposeAsync();
        await _host.DisposeAsync();
        await _other.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }

    [Fact]
    public async Task What_another_host_has_started_is_watched_signalled_and_ended()
    {
        var (started, live) = await StartElsewhereAsync();
        var process = (await _manager.AttachAsync(started.Process, cancellationToken: Cancelled)).AsT0;
        Assert.Equal(("sleep", "", 0), (process.Name, process.Command, process.Arguments.Count));
        Assert.Equal((LifecycleState.Running, true, started.Pid), (process.State, process.IsAlive, process.Pid));
        Assert.Equal("sleep", process.ReportedName);
        Assert.Equal(started.Pid, (await process.RefreshAsync(cancellationToken: Cancelled)).AsT0.Process.Pid);
        Assert.IsType<Unsupported>((await process.RestartAsync(cancellationToken: Cancelled)).AsT1);
        Assert.True(process.IsAlive);
        Assert.Null(await process.StopAndWaitAsync(cancellationToken: Cancelled));
        await live.Exited.WaitAsync(Cancelled);
        Assert.Equal((LifecycleState.Ended, ProcessStatus.Terminated), (process.State, process.Status));
        Assert.IsType<Unsupported>((await process.StartAsync(cancellationToken: Cancelled)).AsT1);
    }

    [Fact]
    public async Task It_goes_on_when_its_manager_and_host_end()
    {
        var (started, live) = await StartElsewhereAsync();
        Assert.True((await _manager.AttachAsync(started.Pid, "mine", cancellationToken: Cancelled)).IsT0);
        await _manager.DisposeAsync();
        await _host.DisposeAsync();
        Assert.True(OslCommandLine.IsAlive(started.Pid));
        Assert.True((await live.StopAsync(StopSequence.Immediate, Cancelled)).IsT0);
    }

    [Fact]
    public async Task What_is_taken_up_by_its_template_is_not_started_beside_and_comes_back()
    {
        var (started, _) = await StartElsewhereAsync();
        var template = new ProcessTemplate("worker", Sleep()) { Restart = RestartPolicy.Times(1) };
        var process = (await _manager.TakeUpAsync(template, started.Process, started.Group, Cancelled)).AsT0;
        using var notices = process.Subscribe();
        Assert.Equal(started.Process, (await process.StartAsync(cancellationToken: Cancelled)).AsT0);
        Assert.Null(await process.SignalAsync(Signal.Kill, cancellationToken: Cancelled));
        await UntilAsync(notices, LifecycleState.Running);
        Assert.NotEqual(started.Process, process.Process);
        Assert.Null(await process.KillAsync(cancellationToken: Cancelled));
    }

    [Fact]
    public async Task What_is_not_there_can_not_be_attached_to()
    {
        Assert.IsType<NotFound>((await _manager.AttachAsync(int.MaxValue, cancellationToken: Cancelled)).AsT1);
        Assert.Empty(_manager.All);
    }

    private static SpawnProcessOperation Sleep() => new SpawnProcessOperation("sleep", ["1000"]).WithLifetime(ProcessLifetime.Detached);

    private async Task<(SpawnProcessResult Started, IRunningProcess Live)> StartElsewhereAsync()
    {
        var started = (await _other.ExecuteAsync(Sleep(), OperationContext.Current, Cancelled)).AsT0;
        return (started, started.Live);
    }

    private static async Task UntilAsync(Subscription<ProcessNotice> notices, LifecycleState state)
    {
        while (await notices.NextAsync(Cancelled) is { Event: { } notice } && (notice.State != state || notice.Before == state)) { }
    }

    private OslHost Create(string audit) =>
        OslHost.Create(options =>
            options.UseAuditDirectory(Path.Combine(_directory, audit)).UseRegistryDirectory(Path.Combine(_directory, "registry"))
        );
}
