using Osl.Executors.Linux;
using Osl.Interop.Linux;

namespace Osl.Cli.Terminals;

/// <summary>Whether a program gets the terminal as it starts (adr/0021-job-control.md).</summary>
internal static class HandOver
{
    /// <summary>
    /// Only what is ours to give, hence not from the background. In a pipeline a neighbour such as a pager may want the keyboard, and would be put into
    /// the background: there the program gets the terminal once it asks for it.
    /// </summary>
    internal static bool IsDue()
    {
        if (OperatingSystem.IsWindows())
        {
            return false;
        }

        using var terminal = ControllingTerminal.TryOpen();
        return terminal?.IsOurs == true && ((Libc.Isatty(0) == 1 && Libc.Isatty(1) == 1) || OwnGroup.IsOnlyUs());
    }
}
