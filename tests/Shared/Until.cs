using System.Runtime.CompilerServices;
using Osl.Operations;
using Xunit;

namespace Osl.Tests;

/// <summary>Waits for what no event tells; in both test programs.</summary>
internal static class Until
{
    /// <summary>Far longer than anything takes on a machine that is busy with other things: what has not come by then never does.</summary>
    private static readonly TimeSpan Bound = TimeSpan.FromMinutes(3);

    /// <summary>Until something is so; fails with what it was that never came, and when the run is cancelled.</summary>
    /// <param name="isSo">The look.</param>
    /// <param name="what">What was waited for.</param>
    internal static async Task TrueAsync(Func<bool> isSo, [CallerArgumentExpression(nameof(isSo))] string what = "")
    {
        var since = TimeProvider.System.GetTimestamp();
        while (!isSo())
        {
            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
            Assert.True(TimeProvider.System.GetElapsedTime(since) < Bound, $"It was not so in {Bound}: {what}");
            await Task.Yield();
        }
    }

    /// <summary>Until somebody answers so; fails with his last answer.</summary>
    /// <param name="expected">The answer.</param>
    /// <param name="ask">The question.</param>
    internal static async Task AnsweredAsync(string expected, Func<Task<string>> ask)
    {
        var since = TimeProvider.System.GetTimestamp();
        string answer;
        do
        {
            answer = await ask();
        } while (!string.Equals(answer, expected, StringComparison.Ordinal) && TimeProvider.System.GetElapsedTime(since) < Bound);

        Assert.Equal(expected, answer);
    }

    /// <summary>What never answers, until it is no longer waited for.</summary>
    internal static Task<OneOf<T, OperationError>> CancelledAsync<T>(CancellationToken cancelled)
        where T : notnull =>
        new TaskCompletionSource<OneOf<T, OperationError>>(TaskCreationOptions.RunContinuationsAsynchronously).Task.WaitAsync(cancelled);
}
