using System.Globalization;
using System.Runtime.Versioning;
using Osl.Cli;
using Osl.Interop.Linux;

namespace Osl.Tests.Integration.Cli;

/// <summary>osl in an account that may have few processes. Alone: whatever else runs in the account counts as well.</summary>
[UnsupportedOSPlatform("windows")]
[Collection(nameof(Alone))]
public sealed class HostileAccountTests : IDisposable
{
    /// <summary>Enough for the runtime to come up and for osl to speak; not enough to run anything.</summary>
    private const int Left = Footing.NeededTasks - 6;

    private readonly OslCommandLine _osl = new();

    public void Dispose() => _osl.Dispose();

    [Theory]
    [MemberData(nameof(HostileLimitsTests.Commands), MemberType = typeof(HostileLimitsTests))]
    public async Task Too_few_processes_are_refused_to_an_ordinary_user(string command)
    {
        Assert.SkipWhen(Libc.GetEuid() == 0, "Root is held to no number of processes.");
        OslOutcome outcome;
        int tasks;
        var tries = 0;
        do
        {
            tasks = Footing.TasksOf(Libc.GetUid());
            outcome = await _osl.RunOtherAsync(
                "/usr/bin/prlimit",
                [string.Create(CultureInfo.InvariantCulture, $"--nproc={tasks + Left}"), OslCommandLine.Path, .. command.Split(' ')]
            );
            // The last of an earlier test's guardians may have ended meanwhile, and made room.
        } while (outcome.ExitCode == 0 && Footing.TasksOf(Libc.GetUid()) < tasks && ++tries < 20);

        HostileLimitsTests.Refused(command, outcome, "Too few processes");
    }
}
