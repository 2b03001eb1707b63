using System.Diagnostics;
using System.Runtime.Versioning;
using Osl.Executors.Registry;
using Osl.Hosting;
using Osl.Operations;
using Osl.Operations.Processes;
using Osl.Tests.Integration.Contract;
using Osl.Tests.Integration.Linux;

namespace Osl.Tests.Integration.Posix;

/// <summary>The fallback without pidfds (adr/0041-posix-fallback.md), on Linux, where it can be run. As whoever runs the tests.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class PosixContract : ExecutorContract
{
    protected override Children CreateChildren(string scratch) => new LinuxChildren(scratch);

    protected override void Mode(OslHostOptions options) => options.WithoutPidfds = true;

    [Fact]
    public async Task A_guardian_that_a_host_loses_is_followed_by_another_though_the_host_has_only_attached()
    {
        using var stranger = A.StartForeign();
        await using var host = HostThatMayAttach();
        _ = await host.ExecuteAsync(new AttachProcessOperation(stranger.Id), Me, Test).OrThrow();
        var registry = (DeferredRegistry)host.Parts.Registry;
        var first = registry.GuardianPid;

        Assert.NotEqual(0, first);
        using (var guardian = Process.GetProcessById(first))
        {
            guardian.Kill();
        }

        await Until.TrueAsync(() => registry.GuardianPid is var now && now != first && now != 0);
    }

    protected override Lack? Without(Feature feature) =>
        feature switch
        {
            Feature.Jobs => new("job objects are Windows's; here a group is known by its pgid."),
            Feature.Limits => new("limits are set from outside or by a gate, and POSIX has neither; they are refused."),
            Feature.Priority => new("a priority and processors are set on Linux's launch thread only; they are refused."),
            _ => null,
        };
}
