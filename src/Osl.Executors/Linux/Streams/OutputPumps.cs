using System.Collections.Concurrent;
using Osl.Executors.Watching;

namespace Osl.Executors.Linux;

/// <summary>The pumps of one executor, and what they share.</summary>
internal sealed class OutputPumps(ReadinessLoop loop, TimeProvider time)
{
    /// <summary>How long the end of the output is waited for once the host has ended whatever it had to end: somebody else may hold it.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private readonly ConcurrentDictionary<OutputPump, bool> _running = new();

    internal ReadinessLoop Loop => loop;

    internal RotatedFiles Files { get; } = new();

    internal void Add(OutputPump pump) => _running[pump] = true;

    internal void Remove(OutputPump pump) => _running.TryRemove(pump, out _);

    /// <summary>Completes when everything that was read has been written.</summary>
    internal async Task EndAsync()
    {
        var running = _running.Keys.ToArray();
        var ended = Task.WhenAll(running.Select(pump => pump.Ended));
        try
        {
            await ended.WaitAsync(Patience, time).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            foreach (var pump in running)
            {
                pump.GiveUp();
            }

            await ended.ConfigureAwait(false);
        }
    }
}
