using Osl.Interop.Windows;

namespace Osl.Executors.Windows;

/// <summary>What this machine can do, line by line, for <c>osl doctor</c>.</summary>
internal static class WindowsCapabilities
{
    private const string OnWindows = "Run on Windows itself: Wine does not have it.";

    internal static PlatformCapabilities Read(WindowsMode mode) =>
        new(
            "windows",
            [
                new Capability(
                    "kernel",
                    Available: true,
                    Wine.Version is { } wine
                        ? $"Windows {Environment.OSVersion.Version} as Wine {wine} says it"
                        : $"Windows {Environment.OSVersion.Version}"
                ),
                new Capability(
                    "job-at-creation",
                    mode.JobAtCreation,
                    mode.JobAtCreation ? "a program is born into its job" : "a program is put into its job before its first instruction",
                    mode.JobAtCreation ? null : "Needs Windows 10 or Windows Server 2016."
                ),
                Nested(),
                new Capability(
                    "ctrl-break",
                    !Wine.IsHere,
                    Wine.IsHere ? "no Ctrl-Break under Wine; Ctrl-C is sent instead" : "a program is asked to end by Ctrl-Break",
                    Wine.IsHere ? OnWindows : null
                ),
                new Capability(
                    "graceful-stop",
                    !ConsoleBreak.HostHasConsole(),
                    ConsoleBreak.HostHasConsole()
                        ? "this host has a console: it can ask those at the same console to end, others only by their windows"
                        : "this host has no console: it can visit those of what it asks to end",
                    ConsoleBreak.HostHasConsole() ? "Run the host without a console, or end the others with KILL." : null
                ),
                new Capability(
                    "limits",
                    mode.LimitsEnforced,
                    mode.LimitsEnforced
                        ? "memory, processes and CPU by job object"
                        : "Wine takes limits and enforces none, so they are refused",
                    mode.LimitsEnforced ? null : OnWindows
                ),
                new Capability(
                    "user",
                    Available: true,
                    $"{Environment.UserName}, {(Environment.IsPrivilegedProcess ? "elevated" : "not elevated")}"
                ),
            ]
        );

    private static Capability Nested()
    {
        var can = Environment.OSVersion.Version >= new Version(6, 2);
        return new Capability(
            "nested-jobs",
            can,
            can ? "a host that is in a job itself can make others" : "a host that is in a job itself can't make others",
            can ? null : "Needs Windows 8 or Windows Server 2012."
        );
    }
}
