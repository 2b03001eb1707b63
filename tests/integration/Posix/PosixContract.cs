using System.Runtime.Versioning;
using Osl.Hosting;
using Osl.Tests.Integration.Contract;
using Osl.Tests.Integration.Linux;

namespace Osl.Tests.Integration.Posix;

/// <summary>The fallback without pidfds (adr/0041-posix-fallback.md), on Linux, where it can be run. As whoever runs the tests.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class PosixContract : ExecutorContract
{
    protected override Children CreateChildren(string scratch) => new LinuxChildren(scratch);

    protected override void Mode(OslHostOptions options) => options.WithoutPidfds = true;

    protected override Lack? Without(Feature feature) =>
        feature switch
        {
            Feature.Jobs => new("job objects are Windows's; here a group is known by its pgid."),
            Feature.Limits => new("limits are set from outside or by a gate, and POSIX has neither; they are refused."),
            Feature.Priority => new("a priority and processors are set on Linux's launch thread only; they are refused."),
            _ => null,
        };
}
