using System.Globalization;
using Osl.Interop.Linux;

namespace Osl.Cli.Output;

/// <summary>Which of osl's standard streams are terminals, for osl doctor.</summary>
internal static class TerminalProbe
{
    private static readonly string[] Names = ["input", "output", "error"];

    internal static Finding Examine(CliIo io)
    {
        if (OperatingSystem.IsWindows())
        {
            return new("terminal", true, Console.IsOutputRedirected ? "output is none" : "output is one");
        }

        var terminals = Names.Where((_, descriptor) => Libc.Isatty(descriptor) == 1).ToList();
        if (terminals.Count == 0)
        {
            return new("terminal", true, "none: plain lines are written, and a program gets no terminal");
        }

        var width = Screen.Of(io) is { } screen
            ? string.Create(CultureInfo.InvariantCulture, $", {screen.Columns} columns wide, TERM={io.Variable("TERM")}")
            : ", plain lines are written";
        var hand = Libc.Tcgetpgrp(0) == Libc.GetPgrp() ? "; a program gets it while it runs" : "";
        return new("terminal", true, $"{string.Join(", ", terminals)}{width}{hand}");
    }
}
