using System.Runtime.CompilerServices;
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
}
