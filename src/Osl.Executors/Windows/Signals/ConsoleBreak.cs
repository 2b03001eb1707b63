using System.Runtime.InteropServices;
using Osl.Interop.Windows;

namespace Osl.Executors.Windows;

/// <summary>Ctrl-Break for the processes at a console: the only thing on Windows that a program can catch as it catches SIGTERM.</summary>
/// <remarks>
/// <para>
/// An event can only be sent from within a console, to a process group of that console. A child that shares the host's console gets it
/// directly, if it is known to lead a group (<see cref="ConsoleGroups"/>). A child with a console of its own (CREATE_NO_WINDOW) is visited: AttachConsole, event, FreeConsole. A process has one console,
/// so this is one at a time, and only a host that has none can do it: leaving a console closes the host's own standard handles.
/// </para>
/// <para>
/// Wine has no Ctrl-Break; there the event is Ctrl-C, which nobody hears who was made to lead a process group, and everybody else at the
/// console does: so under Wine no group is made at a console of its own. It may reach the visitor as well, at any later time and on a thread of the system's
/// making: so the handler that swallows it stays. It swallows only during a visit and while the host has no console of its own, when no such
/// event can be meant for it.
/// </para>
/// </remarks>
internal static unsafe class ConsoleBreak
{
    private static readonly Lock OneAtATime = new();
    private static bool s_hardened;
    private static volatile bool s_visiting;

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
            if (ours.Length > 0)
            {
                why = pids.Intersect(ours).Any()
                    ? "it can't be told apart from the host at their console"
                    : "it has no console, or one that this host would have to leave its own for";
                return Break(ConsoleGroups.AtOurs(group, pids, ours));
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
            if (left.Contains(pid))
            {
                reached += VisitThat(pid, group, pids, left, ref why);
            }
        }

        return reached;
    }

    /// <summary>Visits the console of one of them, and takes away from who is left everybody who is at it.</summary>
    private static int VisitThat(int pid, int group, IReadOnlyCollection<int> pids, HashSet<int> left, ref string why)
    {
        left.Remove(pid);
        s_visiting = true;
        var isThere = Kernel32.AttachConsole((uint)pid) != 0;
        try
        {
            if (!isThere)
            {
                return 0;
            }

            Harden();
            var there = AtOurConsole();
            left.ExceptWith(there);
            var targets = ConsoleGroups.AtTheirs(group, pids, there);
            why = targets.Length == 0 ? "others at its console would hear the event too" : "its console does not take the event";
            var reached = Break(targets);
            return reached == 0 && Wine.IsHere && ConsoleGroups.AreAllMeant(pids, there) ? PressCtrlC() : reached;
        }
        finally
        {
            if (isThere)
            {
                _ = Kernel32.FreeConsole();
            }

            s_visiting = false;
        }
    }

    private static int Break(int[] groups) =>
        groups.Count(id => Kernel32.GenerateConsoleCtrlEvent(Kernel32.CTRL_BREAK_EVENT, (uint)id) != 0);

    /// <summary>Everybody at a console hears Ctrl-C, so it is for those only who have theirs to themselves.</summary>
    private static int PressCtrlC() => Kernel32.GenerateConsoleCtrlEvent(Kernel32.CTRL_C_EVENT, 0) != 0 ? 1 : 0;

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

    /// <summary>Whether an event is none for the host: one that was sent at a console it visits, or did.</summary>
    internal static bool IsOfAVisit(uint controlEvent, bool visiting, int atOurs) =>
        controlEvent is Kernel32.CTRL_C_EVENT or Kernel32.CTRL_BREAK_EVENT && (visiting || atOurs == 0);

    /// <summary>1: handled, nobody else is asked.</summary>
    [UnmanagedCallersOnly]
    private static int OnEvent(uint controlEvent) => IsOfAVisit(controlEvent, s_visiting, AtOurConsole().Length) ? 1 : 0;
}
