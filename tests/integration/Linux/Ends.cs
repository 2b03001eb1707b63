using System.Runtime.Versioning;
using Osl.Interop.Linux;

namespace Osl.Tests.Integration.Linux;

/// <summary>Waits for the ends of processes that are not our children.</summary>
[UnsupportedOSPlatform("windows")]
internal static class Ends
{
    private const int LookAgainMilliseconds = 1000;

    /// <summary>Until nobody is left.</summary>
    /// <param name="left">Who is; looked at anew from time to time, since a number may have become another's.</param>
    internal static async Task OfAllAsync(Func<IEnumerable<int>> left)
    {
        var test = TestContext.Current.CancellationToken;
        while (left().FirstOrDefault() is var pid and not 0)
        {
            test.ThrowIfCancellationRequested();
            using var pidfd = PidFd.TryOpen(pid, out _);
            if (pidfd is not null)
            {
                await Task.Run(() => Descriptor.WaitReadable(pidfd.Number, LookAgainMilliseconds), test);
            }
        }
    }
}
