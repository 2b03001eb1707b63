namespace Osl.Interop.Linux;

/// <summary>
/// Which children of this process were started here and are not reaped yet, of all hosts in it: whoever reaps orphans tells them apart by this
/// (adr/0050-orphans.md).
/// </summary>
/// <remarks>
/// A start is entered before the child can exist and its pid after it: in between, any child may be it, also one that posix_spawn(3) itself
/// reaps, since its exec has failed. So who has seen a child notes <see cref="Mark"/> then, and asks
/// <see cref="AreKnownUpTo"/> before he judges. Counted, since a number can be another child's before the end of the first one is entered here.
/// </remarks>
internal static class OwnChildren
{
    private static readonly Lock Gate = new();
    private static readonly Dictionary<int, int> Pids = [];
    private static readonly List<long> UnderWay = [];
    private static long _next = 1;

    /// <summary>A start begins.</summary>
    /// <returns>For <see cref="Started"/>.</returns>
    internal static long Starting()
    {
        lock (Gate)
        {
            UnderWay.Add(_next);
            return _next++;
        }
    }

    /// <summary>It is over.</summary>
    /// <param name="start">What Starting has returned.</param>
    /// <param name="pid">The child; 0 or less for none.</param>
    internal static void Started(long start, int pid)
    {
        lock (Gate)
        {
            UnderWay.Remove(start);
            if (pid > 0)
            {
                Pids[pid] = Pids.GetValueOrDefault(pid) + 1;
            }
        }
    }

    /// <summary>A child was reaped, by us or by somebody else.</summary>
    internal static void Ended(int pid)
    {
        lock (Gate)
        {
            if (Pids.TryGetValue(pid, out var count))
            {
                _ = count == 1 ? Pids.Remove(pid) : (Pids[pid] = count - 1) > 0;
            }
        }
    }

    /// <summary>The moment, in starts.</summary>
    internal static long Mark()
    {
        lock (Gate)
        {
            return _next;
        }
    }

    /// <summary>Whether every start before a moment is over.</summary>
    internal static bool AreKnownUpTo(long mark)
    {
        lock (Gate)
        {
            // The oldest first.
            return UnderWay.Count == 0 || UnderWay[0] >= mark;
        }
    }

    internal static bool Contains(int pid)
    {
        lock (Gate)
        {
            return Pids.ContainsKey(pid);
        }
    }
}
