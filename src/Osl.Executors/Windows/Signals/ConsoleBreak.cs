using System.Runtime.InteropServices;
using Osl.Interop.Windows;

namespace Osl.Executors.Windows;

/// <summary>Ctrl-Break for the processes at a console: the only thing on Windows that a program can catch as it catches SIGTERM.</summary>
/// <remarks>
/// <para>
/// An event can only be sent from within a console, to a process group of that console. A child that shares the host's console gets it
/// directly. A child with a console of its own (CREATE_NO_WINDOW) is visited: AttachConsole, event, FreeConsole. A process has one console,
/// so this is one at a time, and only a host that has none can do it: leaving a console closes the host's own standard handles.
/// </para>
/// <para>
/// Wine has no Ctrl-Break; there the event is Ctrl-C, which nobody hears who was made to lead a process group, and everybody else at the
/// console does: so under Wine no group is made at a console of its own. It may reach the visitor as well, at any later time and on a thread of the system's
/// making: so the handler that swallows it stays. It swallows only while the host has no console of its own, when no such event can be meant
/// for it.
/// </para>
/// </remarks>
internal static unsafe class ConsoleBreak
{
    private static readonly Lock OneAtATime = new();
    private static bool s_hardened;
    private static bool s_hostHasConsole;

    /// <summary>Sends the event to those of the processes that it can reach.</summary>
    /// <param name="group">Leads or led a process group of its console; may have ended.</param>
    /// <param name="pids">Everybody it is meant for, held meanwhile.</param>
    /// <param name="why">Why nobody was reached.</param>
    /// <returns>How many process groups were reached.</returns>
    internal static int Send(int group, IReadOnlyCollection<int> pids, out string why)
    {
        lock (OneAtATime)
        {
            var ours = AtOurConsole();
            s_hostHasConsole = ours.Length > 0;
            if (s_hostHasConsole)
            {
                var shared = pids.Intersect(ours).ToArray();
                why =
                    shared.Length == 0
                        ? "it has no console, or one that this host would have to leave its own for"
                        : "it can't be told apart from the host at their console";
                return shared.Length == 0 ? 0 : Break(group, shared);
            }

            return Visit(group, pids, out why);
        }
    }

    /// <summary>Whether this host has a console, be it one without a window.</summary>
    internal static bool HostHasConsole()
    {
        lock (OneAtATime)
        {
            return AtOurConsole().Length > 0;
        }
    }

    private static int Visit(int group, IReadOnlyCollection<int> pids, out string why)
    {
        why = "it has no console";
        // We have none, but Wine counts one that it would have made for us, and then lets us attach to no other.
        _ = Kernel32.FreeConsole();
        var reached = 0;
        var left = new HashSet<int>(pids);
        foreach (var pid in pids)
        {
            if (!left.Remove(pid) || Kernel32.AttachConsole((uint)pid) == 0)
            {
                continue;
            }

            try
            {
                Harden();
                var there = AtOurConsole();
                reached += Break(group, [pid, .. left.Intersect(there)]);
                left.ExceptWith(there);
                why = "its console does not take the event";
            }
            finally
            {
                _ = Kernel32.FreeConsole();
            }
        }

        return reached;
    }

    /// <summary>Each of them may lead a process group of the console; who does not is reached by its leader.</summary>
    private static int Break(int group, int[] pids)
    {
        var reached = 0;
        foreach (var id in pids.Prepend(group).Distinct())
        {
            reached += Kernel32.GenerateConsoleCtrlEvent(Kernel32.CTRL_BREAK_EVENT, (uint)id) != 0 ? 1 : 0;
        }

        return reached == 0 && Wine.IsHere ? PressCtrlC(pids) : reached;
    }

    /// <summary>Everybody at a console hears Ctrl-C, so it is for those only who have theirs to themselves.</summary>
    private static int PressCtrlC(int[] pids) =>
        !s_hostHasConsole
        && AtOurConsole().Except(pids).All(pid => pid == Environment.ProcessId)
        && Kernel32.GenerateConsoleCtrlEvent(Kernel32.CTRL_C_EVENT, 0) != 0
            ? 1
            : 0;

    private static int[] AtOurConsole()
    {
        for (var room = 16u; ; room *= 4)
        {
            var list = new uint[room];
            uint count;
            fixed (uint* start = list)
            {
                count = Kernel32.GetConsoleProcessList(start, room);
            }

            if (count <= room)
            {
                return [.. list.Take((int)count).Select(pid => (int)pid)];
            }
        }
    }

    private static void Harden()
    {
        if (!s_hardened)
        {
            s_hardened = Kernel32.SetConsoleCtrlHandler(&OnEvent, 1) != 0;
        }
    }

    /// <summary>1: handled, nobody else is asked.</summary>
    [UnmanagedCallersOnly]
    private static int OnEvent(uint controlEvent) => controlEvent is Kernel32.CTRL_C_EVENT or Kernel32.CTRL_BREAK_EVENT ? 1 : 0;
}
