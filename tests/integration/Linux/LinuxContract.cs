using System.Runtime.Versioning;
using Osl.Hosting;
using Osl.Tests.Integration.Contract;

namespace Osl.Tests.Integration.Linux;

/// <summary>The Linux executor: pidfds, no fallback. As whoever runs the tests.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class LinuxContract : ExecutorContract
{
    protected override Children CreateChildren(string scratch) => new LinuxChildren(scratch);

    protected override void Mode(OslHostOptions options) { }

    protected override Lack? Without(Feature feature) =>
        feature switch
        {
            Feature.Jobs => new("job objects are Windows's; here a group is known by its pgid."),
            Feature.Priority => new("priority classes and masks are Windows's words; nice values and affinity are shown by ContextTests."),
            Feature.Limits => new(
                "limits of memory and processes need a cgroup and its controllers; those of each process are shown by GateTests."
            ),
            _ => null,
        };
}
