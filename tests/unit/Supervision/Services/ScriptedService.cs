using Osl.Supervision.Services;

namespace Osl.Tests.Unit.Supervision.Services;

/// <summary>A service that does as its test says, and tells when it runs.</summary>
internal sealed class ScriptedService(string name) : IRunnable
{
    private readonly RuntimeGuard _guard = new();
    private TaskCompletionSource _running = New();
    private int _runs;

    public string Name => name;

    public IProcessControlHandler Handle => Handler ?? _guard.Handle;

    public IEnumerable<string> Unfinished => SaysWhoIsLeft();

    /// <summary>Who is left within; nobody unless said otherwise.</summary>
    internal Func<IEnumerable<string>> SaysWhoIsLeft { get; init; } = () => [];

    /// <summary>In place of the guard.</summary>
    internal IProcessControlHandler? Handler { get; init; }

    /// <summary>What it does after a shutdown; nothing unless said otherwise.</summary>
    internal Func<CancellationToken, Task> AtShutdown { get; set; } = _ => Task.CompletedTask;

    /// <summary>What it has been told, the shutdown not included.</summary>
    internal List<RuntimeControlMessage> Heard { get; } = [];

    /// <summary>Completes it: normally, or with an exception.</summary>
    internal TaskCompletionSource<Exception?> End { get; set; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    internal int Runs => _runs;

    internal Task Running => _running.Task;

    public async Task RunAsync(CancellationToken abandoned)
    {
        Interlocked.Increment(ref _runs);
        using var ticker = _guard.CreateTicker();
        _running.TrySetResult();
        try
        {
            while (true)
            {
                var tick = await ticker.TickAsync(cancelled => new ValueTask<Exception?>(End.Task.WaitAsync(cancelled)), abandoned);
                if (tick.IsShutdown)
                {
                    await AtShutdown(abandoned);
                    return;
                }

                if (tick.Control is { } message)
                {
                    Heard.Add(message);
                }
                else if (tick.Value is { } error)
                {
                    throw error;
                }
                else
                {
                    return;
                }
            }
        }
        finally
        {
            _running = New();
        }
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
