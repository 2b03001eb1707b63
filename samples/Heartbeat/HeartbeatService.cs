using Osl.Supervision.Services;

namespace Osl.Samples.Heartbeat;

/// <summary>Beats, listens between two beats, and ends when it is told to.</summary>
/// <param name="name">What it is called.</param>
/// <param name="interval">The time between two beats.</param>
internal sealed class HeartbeatService(string name, TimeSpan interval) : IRunnable
{
    private readonly RuntimeGuard _guard = new();

    public string Name => name;

    public IProcessControlHandler Handle => _guard.Handle;

    public async Task RunAsync(CancellationToken abandoned)
    {
        using var timer = new PeriodicTimer(interval);
        using var ticker = _guard.CreateTicker();
        var beats = 0;
        while (true)
        {
            var tick = await ticker.TickAsync(timer.WaitForNextTickAsync, abandoned);
            if (tick.IsShutdown)
            {
                Console.WriteLine($"{name}: shutdown");
                return;
            }

            if (tick.IsReload)
            {
                Console.WriteLine($"{name}: reload");
            }
            else if (tick.Control is null && ++beats == 1)
            {
                Console.WriteLine($"{name}: beats");
            }
        }
    }
}
