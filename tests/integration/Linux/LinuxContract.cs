using System.Runtime.Versioning;
using Osl.Hosting;
using Osl.Tests.Integration.Contract;

namespace Osl.Tests.Integration.Linux;

/// <summary>The Linux executor: pidfds, no fallback. As whoever runs the tests.</summary>
[UnsupportedOSPlatform("windows")]
public class LinuxContract : ExecutorContract
{
    protected override Children CreateChildren(string scratch) => new LinuxChildren(scratch);

    protected override void Mode(OslHostOptions options) { }

    protected override Lack? Without(Feature feature) =>
        feature switch
        {
            Feature.Jobs => new("job objects are Windows's; here a group is known by its pgid."),
            Feature.Limits when !Environment.IsPrivilegedProcess => new(
                "limits of a whole group need a cgroup: root, or one that is delegated (limits of each process are shown by GateTests)."
            ),
            _ => null,
        };
}
