using System.Globalization;

namespace Osl.Supervision;

/// <summary>Applies a <see cref="RestartPolicy"/> to the ends of one thing. Knows no timers: who asks does the waiting. Not thread-safe.</summary>
/// <param name="policy">What holds.</param>
/// <param name="clock">For the window.</param>
/// <param name="random">A number from 0 to below 1; for the jitter.</param>
internal sealed class RestartTracker(RestartPolicy policy, TimeProvider clock, Func<double>? random = null)
{
    private readonly Func<double> _random = random ?? Random.Shared.NextDouble;
    private readonly Queue<long> _restarts = new();
    private int _inRow;
    private long _all;

    /// <summary>How many restarts there were.</summary>
    internal long Restarts => _all;

    /// <summary>It has ended, unasked.</summary>
    /// <param name="failed">Whether that was a failure.</param>
    /// <param name="ranFor">How long it had been running.</param>
    internal RestartDecision Ended(bool failed, TimeSpan ranFor)
    {
        if (policy.When == RestartWhen.Never || (policy.When == RestartWhen.OnFailure && !failed))
        {
            return new RestartDecision(failed ? RestartVerdict.Failed : RestartVerdict.Done);
        }

        if (ranFor >= policy.HealthyAfter)
        {
            _inRow = 0;
            _restarts.Clear();
        }

        var now = clock.GetTimestamp();
        while (policy.Window is { } window && _restarts.TryPeek(out var oldest) && clock.GetElapsedTime(oldest, now) >= window)
        {
            _restarts.Dequeue();
        }

        if (policy.MaxRestarts is { } most)
        {
            if (_restarts.Count >= most)
            {
                return new RestartDecision(RestartVerdict.Failed, Reason: Exceeded(most));
            }

            _restarts.Enqueue(now);
        }

        _all++;
        return new RestartDecision(RestartVerdict.Restart, DelayOf(_inRow++));
    }

    private TimeSpan DelayOf(int before)
    {
        // The power overflows to infinity, which the longest wait then bounds.
        var delay = Math.Min(policy.InitialDelay.TotalSeconds * Math.Pow(policy.Factor, before), policy.MaxDelay.TotalSeconds);
        // Zero times infinity is no number.
        return double.IsNaN(delay) ? TimeSpan.Zero : TimeSpan.FromSeconds(delay * (1 - (policy.Jitter * _random())));
    }

    private string Exceeded(int most) =>
        policy.Window is { } window
            ? string.Create(CultureInfo.InvariantCulture, $"more than {most} restarts within {window.TotalSeconds:0.###} s")
            : string.Create(CultureInfo.InvariantCulture, $"more than {most} restarts");
}
