using Osl.Executors.Stopping;
using Osl.Operations;
using Osl.Operations.Processes;
using Osl.Testing;

namespace Osl.Tests.Unit.Stopping;

/// <summary>The engine on a clock that stands still: each step only when somebody is alive, and only after the step before has had its time.</summary>
public sealed class StopEngineTests
{
    private static readonly StopSequence Patient = StopSequence.Graceful(TimeSpan.FromSeconds(5));

    private readonly ManualTimeProvider _time = new();
    private readonly Target _target = new(3);

    [Fact]
    public async Task Who_ends_at_the_first_signal_gets_no_second()
    {
        _target.EndsAt = Signal.Terminate;

        var report = await new StopEngine(_time).StopAsync(_target, Patient, TestContext.Current.CancellationToken);

        Assert.Equal([Signal.Terminate, Signal.Continue], _target.Sent);
        Assert.Equal((3, 3, 0), (report.Affected, report.Ended, report.Forced));
    }

    [Fact]
    public async Task Who_ignores_it_is_killed_when_the_grace_period_is_over_and_not_before()
    {
        _target.EndsAt = Signal.Kill;
        var stopping = new StopEngine(_time).StopAsync(_target, Patient, TestContext.Current.CancellationToken);
        _time.Advance(TimeSpan.FromSeconds(4.9));
        Assert.DoesNotContain(Signal.Kill, _target.Sent);

        _time.Advance(TimeSpan.FromSeconds(0.2));
        var report = await stopping;

        Assert.Equal([Signal.Terminate, Signal.Continue, Signal.Kill], _target.Sent);
        Assert.Equal((3, 3, 3), (report.Affected, report.Ended, report.Forced));
        Assert.Empty(report.Survivors);
    }

    [Fact]
    public async Task Who_survives_everything_is_named()
    {
        var stopping = new StopEngine(_time).StopAsync(_target, Patient, TestContext.Current.CancellationToken);
        _time.Advance(TimeSpan.FromSeconds(5));
        await Until.TrueAsync(() => _target.Sent.Contains(Signal.Kill));
        _time.Advance(StopSequence.KillWait);
        var report = await stopping;

        Assert.Equal(3, report.Survivors.Count);
        Assert.Equal(0, report.Ended);
    }

    [Fact]
    public async Task Cancelled_it_sends_nothing_more_and_says_who_is_alive()
    {
        using var cancel = new CancellationTokenSource();
        var stopping = new StopEngine(_time).StopAsync(_target, Patient, cancel.Token);

        await cancel.CancelAsync();
        var report = await stopping;

        Assert.DoesNotContain(Signal.Kill, _target.Sent);
        Assert.Equal(3, report.Survivors.Count);
    }

    [Fact]
    public async Task A_refused_signal_ends_the_sequence_with_its_error()
    {
        _target.Refusal = new PermissionRefused("a signal", "Be root.");

        var report = await new StopEngine(_time).StopAsync(_target, Patient, TestContext.Current.CancellationToken);

        Assert.IsType<PermissionRefused>(report.Error);
        Assert.False(report.Signalled);
        Assert.Equal(0, report.Forced);
    }

    [Fact]
    public async Task A_signal_that_the_platform_does_not_have_gives_way_to_the_next_step()
    {
        _target.Missing = Signal.Terminate;
        _target.EndsAt = Signal.Kill;

        var report = await new StopEngine(_time).StopAsync(_target, Patient, TestContext.Current.CancellationToken);

        Assert.Null(report.Error);
        Assert.Empty(report.Survivors);
        Assert.Equal([Signal.Kill], _target.Sent);
    }

    [Fact]
    public async Task Nothing_but_signals_that_the_platform_does_not_have_is_an_error()
    {
        _target.Missing = Signal.Terminate;
        var gently = new StopSequence { Steps = [new StopStep(Signal.Terminate, TimeSpan.FromSeconds(1))] };

        var report = await new StopEngine(_time).StopAsync(_target, gently, TestContext.Current.CancellationToken);

        Assert.IsType<Unsupported>(report.Error);
        Assert.Equal(3, report.Survivors.Count);
    }

    [Fact]
    public void A_sequence_that_has_to_be_over_ends_with_KILL()
    {
        var term = new StopSequence { Steps = [new StopStep(Signal.Terminate, TimeSpan.FromSeconds(1))] };

        Assert.Equal(Signal.Kill, term.EndingWithKill().Steps[^1].Signal);
        Assert.Same(Patient, Patient.EndingWithKill());
    }

    private sealed class Target(int members) : IStopTarget
    {
        private readonly TaskCompletionSource<int> _gone = new();
        private bool _ended;

        internal Signal EndsAt { get; set; }

        internal OperationError? Refusal { get; set; }

        /// <summary>A signal that the platform has nothing for.</summary>
        internal Signal Missing { get; set; }

        internal List<Signal> Sent { get; } = [];

        public IReadOnlyList<ProcessRef> Alive() =>
            _ended ? [] : [.. Enumerable.Range(100, members).Select(pid => new ProcessRef(pid, 1, "", 0))];

        public OperationError? Signal(Signal signal)
        {
            if (Refusal is not null)
            {
                return Refusal;
            }

            if (signal == Missing)
            {
                return new Unsupported("a signal", "Send KILL.");
            }

            Sent.Add(signal);
            if (signal == EndsAt)
            {
                _ended = true;
                _gone.TrySetResult(members);
            }

            return null;
        }

        public Task<int> WaitUntilGoneAsync(CancellationToken cancellationToken) => _gone.Task.WaitAsync(cancellationToken);
    }
}
