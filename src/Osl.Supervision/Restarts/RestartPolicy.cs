namespace Osl.Supervision;

/// <summary>After which ends something is started again.</summary>
public enum RestartWhen
{
    /// <summary>After none.</summary>
    Never,

    /// <summary>After a failure: a non-zero exit, a signal, an exception.</summary>
    OnFailure,

    /// <summary>After every end that was not asked for.</summary>
    Always,
}

/// <summary>
/// When, how soon and how often something is started again. One policy for all that is supervised: processes, children of a
/// supervisor, services.
/// </summary>
/// <remarks>
/// The wait before restart n in a row is <see cref="InitialDelay"/> × <see cref="Factor"/>^(n - 1), at most <see cref="MaxDelay"/>,
/// then made shorter at random by up to <see cref="Jitter"/> of it, so that what failed together does not come back together. More
/// than <see cref="MaxRestarts"/> within <see cref="Window"/> are not tried: it has failed for good.
/// </remarks>
public sealed record RestartPolicy
{
    /// <summary>The longest delay, window or time of health: 365 days.</summary>
    public static TimeSpan LongestTime { get; } = TimeSpan.FromDays(365);

    /// <summary>Never started again.</summary>
    public static RestartPolicy Never { get; } = new() { When = RestartWhen.Never };

    /// <summary>Started again after a failure, with the defaults of the other members.</summary>
    public static RestartPolicy OnFailure { get; } = new();

    /// <summary>Started again after every end, with the defaults of the other members.</summary>
    public static RestartPolicy Always { get; } = new() { When = RestartWhen.Always };

    /// <summary>Started again after every end at once, so many times in all; nothing makes it begin to count anew but a start by somebody.</summary>
    /// <param name="count">How many times, 0 or more; null for any number, which then come no sooner one after the other than by the usual waits.</param>
    public static RestartPolicy Times(int? count) =>
        count is null
            ? Always with
            {
                MaxRestarts = null,
                Window = null,
            }
            : Always with
            {
                MaxRestarts = count,
                Window = null,
                HealthyAfter = null,
                InitialDelay = TimeSpan.Zero,
            };

    /// <summary>After which ends.</summary>
    public RestartWhen When { get; init; } = RestartWhen.OnFailure;

    /// <summary>The wait before the first restart: 200 ms unless said otherwise; zero for at once.</summary>
    public TimeSpan InitialDelay { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>By how much each wait is longer than the one before: 2 unless said otherwise; 1 or more.</summary>
    public double Factor { get; init; } = 2;

    /// <summary>The longest wait: 30 s unless said otherwise; not less than <see cref="InitialDelay"/>.</summary>
    public TimeSpan MaxDelay { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The part of a wait that chance may take away: 0.1 unless said otherwise; from 0 to 1.</summary>
    public double Jitter { get; init; } = 0.1;

    /// <summary>How many restarts within <see cref="Window"/> are tried; null for any number. 5 unless said otherwise.</summary>
    public int? MaxRestarts { get; init; } = 5;

    /// <summary>The window in which restarts are counted: 60 s unless said otherwise; null counts all there ever were.</summary>
    public TimeSpan? Window { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>After running this long it counts as healthy again: the waits begin anew, and restarts before are forgotten. 60 s unless said otherwise; null for never.</summary>
    public TimeSpan? HealthyAfter { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>What is wrong with these values; empty when nothing is.</summary>
    public IReadOnlyList<string> Problems()
    {
        var problems = new List<string>();
        Require(problems, Enum.IsDefined(When), $"{nameof(When)} is none of the known values");
        Require(problems, IsTime(InitialDelay), $"{nameof(InitialDelay)} has to be from zero to 365 days");
        Require(
            problems,
            IsTime(MaxDelay) && MaxDelay >= InitialDelay,
            $"{nameof(MaxDelay)} has to be from {nameof(InitialDelay)} to 365 days"
        );
        Require(problems, Factor is >= 1 and <= 1000, $"{nameof(Factor)} has to be from 1 to 1000");
        Require(problems, Jitter is >= 0 and <= 1, $"{nameof(Jitter)} has to be from 0 to 1");
        Require(problems, MaxRestarts is null or >= 0, $"{nameof(MaxRestarts)} has to be 0 or more");
        Require(
            problems,
            Window is not { } window || (IsTime(window) && window > TimeSpan.Zero),
            $"{nameof(Window)} has to be above zero, to 365 days"
        );
        Require(
            problems,
            HealthyAfter is not { } healthy || (IsTime(healthy) && healthy > TimeSpan.Zero),
            $"{nameof(HealthyAfter)} has to be above zero, to 365 days"
        );
        return problems;
    }

    /// <exception cref="ArgumentException">A value is out of its range.</exception>
    internal static RestartPolicy Checked(RestartPolicy policy, string parameter)
    {
        ArgumentNullException.ThrowIfNull(policy, parameter);
        return policy.Problems() is [var first, ..] ? throw new ArgumentException($"{first}.", parameter) : policy;
    }

    private static bool IsTime(TimeSpan time) => time >= TimeSpan.Zero && time <= LongestTime;

    private static void Require(List<string> problems, bool holds, string problem)
    {
        if (!holds)
        {
            problems.Add(problem);
        }
    }
}
