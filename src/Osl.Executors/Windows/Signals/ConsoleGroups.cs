using System.Collections.Concurrent;

namespace Osl.Executors.Windows;

/// <summary>
/// Which process groups of consoles are known to be led by whom, and to whom an event may be sent. One that is sent to the pid of a process at the
/// console that leads none goes to everybody there, the host included (knowledge/windows-jobs-and-pipes.md): so only what this
/// host has started as a leader counts as one, as long as its pid can't be another's.
/// </summary>
internal static class ConsoleGroups
{
    /// <summary>Everybody at the console.</summary>
    internal const int Everybody = 0;

    /// <summary>By pid; whether the group is at the host's own console.</summary>
    private static readonly ConcurrentDictionary<int, bool> Leaders = new();

    /// <summary>It was started as a leader, and somebody holds its pid from now on.</summary>
    internal static void Add(int pid, bool atOurs) => Leaders[pid] = atOurs;

    /// <summary>Its pid is about to be let go.</summary>
    internal static void Remove(int pid) => Leaders.TryRemove(pid, out _);

    /// <summary>The groups to send to at the host's own console; empty when the event would reach others too.</summary>
    /// <param name="group">Leads or led a group, perhaps.</param>
    /// <param name="meant">For whom it is meant.</param>
    /// <param name="there">Who is at the console.</param>
    internal static int[] AtOurs(int group, IEnumerable<int> meant, IEnumerable<int> there)
    {
        int[] reachable = [.. meant.Intersect(there)];
        return reachable.Length == 0 ? [] : Led(group, reachable, atOurs: true);
    }

    /// <summary>The groups to send to at a console that is visited: everybody, where everybody is meant.</summary>
    /// <param name="group">Leads or led a group, perhaps.</param>
    /// <param name="meant">For whom it is meant.</param>
    /// <param name="there">Who is at the console, the visitor included.</param>
    internal static int[] AtTheirs(int group, IReadOnlyCollection<int> meant, IReadOnlyCollection<int> there) =>
        Led(group, [.. meant.Intersect(there)], atOurs: false) is { Length: > 0 } led ? led
        : AreAllMeant(meant, there) ? [Everybody]
        : [];

    /// <summary>Whether nobody is at a console but the visitor and those who are meant.</summary>
    internal static bool AreAllMeant(IEnumerable<int> meant, IEnumerable<int> there) =>
        there.Except(meant).All(pid => pid == Environment.ProcessId);

    private static int[] Led(int group, int[] reachable, bool atOurs) =>
        [.. reachable.Prepend(group).Distinct().Where(pid => Leaders.TryGetValue(pid, out var ours) && ours == atOurs)];
}
