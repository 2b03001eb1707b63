using Osl.Hosting;
using Osl.Interop.Windows;
using Osl.Tests.Integration.Contract;

namespace Osl.Tests.Integration.Windows;

/// <summary>The Windows executor: jobs, handles, a completion port. On Windows itself or under Wine.</summary>
public sealed class WindowsContract : ExecutorContract
{
    protected override Children CreateChildren(string scratch) => new WindowsChildren(scratch);

    protected override void Mode(OslHostOptions options) { }

    protected override Lack? Without(Feature feature) =>
        feature switch
        {
            Feature.EndBySignal => new("no signal ends a process on Windows; who is ended from outside has an exit code, 137 when by Osl."),
            Feature.LeavingTheGroup => new("a job can't be left without the leave to break away, which Osl grants nobody."),
            Feature.Sessions => new("sessions of processes (setsid(2)) are POSIX's; detached means without the host's console."),
            Feature.ModeBits => new("a file is a program by what is in it; there is no x bit."),
            Feature.Scripts => new("the system starts no scripts by their first line."),
            Feature.Accounting when Wine.IsHere => new("Wine keeps no account of what a process has used.", OnlyHere: true),
            Feature.Limits when Wine.IsHere => new(
                "Wine takes the limits of a job and enforces none, so Osl refuses them there.",
                OnlyHere: true
            ),
            _ => null,
        };
}
