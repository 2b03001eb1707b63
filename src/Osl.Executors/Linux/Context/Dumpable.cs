using Osl.Interop.Linux;

namespace Osl.Executors.Linux;

/// <summary>
/// Whether others of our uid may trace us (PR_SET_DUMPABLE(2const)) belongs to the process, and the kernel takes it away when a thread
/// changes its account. It is given back when the last such thread is gone, not before: as long as one lives, processes of its new
/// account could attach to it, and through it to the whole host.
/// </summary>
internal static class Dumpable
{
    private static readonly Lock Gate = new();
    private static int _threads;
    private static int _before;

    /// <summary>Before a thread that changes its account begins.</summary>
    internal static void Keep()
    {
        lock (Gate)
        {
            if (_threads++ == 0)
            {
                _before = Libc.Prctl(Libc.PR_GET_DUMPABLE, 0, 0, 0, 0);
            }
        }
    }

    /// <summary>When it is gone for the kernel too.</summary>
    internal static void Restore()
    {
        lock (Gate)
        {
            if (--_threads == 0 && _before is 0 or 1 && Libc.Prctl(Libc.PR_GET_DUMPABLE, 0, 0, 0, 0) != _before)
            {
                _ = Libc.Prctl(Libc.PR_SET_DUMPABLE, (nuint)_before, 0, 0, 0);
            }
        }
    }
}
