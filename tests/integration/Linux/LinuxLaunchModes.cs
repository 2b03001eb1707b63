using System.Runtime.Versioning;
using Osl.Executors.Linux;
using Osl.Hosting;
using Xunit;

namespace Osl.Tests.Integration.Linux;

/// <summary>Every launch on a thread of its own, also those that need none.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class LinuxThreadContract : LinuxContract
{
    protected override void Mode(OslHostOptions options) => options.LaunchMode = LaunchMode.Thread;
}

/// <summary>Every launch held by seccomp notification; under no_new_privs, where that needs it.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class LinuxSeccompContract : LinuxContract
{
    protected override void Mode(OslHostOptions options)
    {
        Assert.SkipUnless(SeccompGate.IsThere, "not here: this kernel or libc has no gate by seccomp notification.");
        (options.LaunchMode, options.Gate) = (LaunchMode.Held, GateKind.Seccomp);
    }
}

/// <summary>Every launch held by a file lease.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class LinuxLeaseContract : LinuxContract
{
    protected override void Mode(OslHostOptions options)
    {
        Assert.SkipUnless(LeaseGate.IsThere, "not here: this kernel or libc has no gate by a lease.");
        (options.LaunchMode, options.Gate) = (LaunchMode.Held, GateKind.Lease);
    }
}

/// <summary>Every launch held by a shell.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class LinuxShellContract : LinuxContract
{
    protected override void Mode(OslHostOptions options)
    {
        Assert.SkipWhen(ShellProbe.Shell is null, "not here: no shell of this machine hands on an environment as it is.");
        (options.LaunchMode, options.Gate) = (LaunchMode.Held, GateKind.Shell);
    }
}
