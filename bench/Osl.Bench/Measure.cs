using System.Diagnostics;

namespace Osl.Bench;

/// <summary>Interleaved rounds: A B C A B C …, so that a machine whose speed drifts is as unfair to one as to the other.</summary>
internal static class Measure
{
    /// <summary>The median of each contender over the rounds, and the median of its ratios to the first, taken round by round.</summary>
    internal static async Task<IReadOnlyList<Figure>> RoundsAsync(int rounds, params (string Name, Func<Task<double>> Run)[] contenders)
    {
        var times = contenders.Select(_ => new List<double>()).ToArray();
        foreach (var (_, run) in contenders)
        {
            await run();
        }

        for (var round = 0; round < rounds; round++)
        {
            for (var i = 0; i < contenders.Length; i++)
            {
                times[i].Add(await contenders[i].Run());
            }
        }

        return
        [
            .. contenders.Select(
                (contender, i) =>
                    new Figure(contender.Name, Median(times[i]), Median([.. times[i].Zip(times[0], (mine, floor) => mine / floor)]))
            ),
        ];
    }

    /// <summary>Microseconds for each of <paramref name="count"/> calls, with so many under way at once.</summary>
    internal static async Task<double> PerCallAsync(int count, int inFlight, Func<ValueTask> call)
    {
        var left = count;
        var start = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, inFlight).Select(_ => Task.Run(WorkAsync)));
        return Stopwatch.GetElapsedTime(start).TotalMicroseconds / count;

        async Task WorkAsync()
        {
            while (Interlocked.Decrement(ref left) >= 0)
            {
                await call();
            }
        }
    }

    /// <summary>Bytes allocated for each call, by the whole process.</summary>
    internal static async Task<double> AllocatedAsync(int count, Func<ValueTask> call)
    {
        for (var i = 0; i < 50; i++)
        {
            await call();
        }

        var before = GC.GetTotalAllocatedBytes(precise: true);
        for (var i = 0; i < count; i++)
        {
            await call();
        }

        return (GC.GetTotalAllocatedBytes(precise: true) - before) / (double)count;
    }

    /// <summary>Bytes that are in use, everything else collected.</summary>
    internal static long Memory()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        return GC.GetTotalMemory(forceFullCollection: true);
    }

    internal static double Median(IReadOnlyCollection<double> values)
    {
        var sorted = values.Order().ToArray();
        return sorted.Length % 2 == 1 ? sorted[sorted.Length / 2] : (sorted[(sorted.Length / 2) - 1] + sorted[sorted.Length / 2]) / 2;
    }
}

/// <summary>One contender's figure.</summary>
/// <param name="Name">Who.</param>
/// <param name="Value">The median.</param>
/// <param name="Ratio">The median of the ratios to the floor.</param>
internal sealed record Figure(string Name, double Value, double Ratio);
