using Osl.Hosting;

namespace Osl.Tests.Integration.Contract;

/// <summary>The Linux executor: pidfds, no fallback. As whoever runs the tests.</summary>
public sealed class LinuxContract : ExecutorContract
{
    protected override void Mode(OslHostOptions options) { }
}
