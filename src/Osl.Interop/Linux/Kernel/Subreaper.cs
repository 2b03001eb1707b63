namespace Osl.Interop.Linux;

/// <summary>
/// Whether orphans of our descendants become our children (PR_SET_CHILD_SUBREAPER(2const)); a property of the whole process, held by as many as
/// want it.
/// </summary>
internal static unsafe class Subreaper
{
    private static readonly Lock Gate = new();
    private static int _holders;
    private static bool _wasSet;

    internal static bool IsSet
    {
        get
        {
            var set = stackalloc int[] { 0 };
            return Libc.Prctl(Libc.PR_GET_CHILD_SUBREAPER, (nuint)set, 0, 0, 0) == 0 && *set != 0;
        }
    }

    /// <summary>Makes this process one, if it is none yet.</summary>
    /// <returns>The error number, or 0.</returns>
    internal static int Hold()
    {
        lock (Gate)
        {
            if (_holders == 0)
            {
                _wasSet = IsSet;
                if (!_wasSet && Libc.Prctl(Libc.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) < 0)
                {
                    return Libc.LastError;
                }
            }

            _holders++;
            return 0;
        }
    }

    /// <summary>With the last holder it becomes what it was.</summary>
    internal static void Release()
    {
        lock (Gate)
        {
            if (--_holders == 0 && !_wasSet)
            {
                _ = Libc.Prctl(Libc.PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0);
            }
        }
    }
}
