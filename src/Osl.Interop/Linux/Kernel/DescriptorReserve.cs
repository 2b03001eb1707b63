namespace Osl.Interop.Linux;

/// <summary>
/// A few descriptors that are kept for looking at and holding processes when all others are gone: what runs has to be found and ended
/// just then. Given up one by one for a call that found none left, and taken again as soon as something is closed.
/// </summary>
internal static unsafe class DescriptorReserve
{
    private const int Size = 4;

    /// <summary>How often a call is tried, a few milliseconds apart, once the reserve is spent: about a second.</summary>
    private const int Attempts = 250;

    private const int Pause = 4;

    private static readonly Lock Gate = new();
    private static readonly Stack<int> Spare = new(Size);
    private static int _missing = Size;

    /// <summary>Fills it up, as far as there are descriptors.</summary>
    internal static void Keep()
    {
        if (Volatile.Read(ref _missing) == 0)
        {
            return;
        }

        lock (Gate)
        {
            fixed (byte* path = "/dev/null\0"u8)
            {
                while (_missing > 0 && Libc.OpenBytes(path, Libc.O_RDONLY | Libc.O_CLOEXEC) is var fd and >= 0)
                {
                    Spare.Push(fd);
                    Volatile.Write(ref _missing, _missing - 1);
                }
            }
        }
    }

    /// <summary>
    /// Whether a call that failed may be made again: one of the reserve was given up for it, or some time has passed. False for any
    /// other error, and in the end.
    /// </summary>
    /// <param name="error">The call's error number.</param>
    /// <param name="attempt">Counts them; 0 before the first.</param>
    internal static bool MayRetry(int error, ref int attempt)
    {
        if (!IsLack(error) || attempt++ >= Attempts)
        {
            return false;
        }

        lock (Gate)
        {
            if (error == Errno.EMFILE && Spare.TryPop(out var fd))
            {
                _ = Libc.Close(fd);
                Volatile.Write(ref _missing, _missing + 1);
                return true;
            }
        }

        var nothing = default(Libc.PollDescriptor);
        _ = Libc.Poll(ref nothing, 0, Pause);
        return true;
    }

    /// <summary>Whether an error says that there are none left, or no memory for one: nothing about what was to be opened.</summary>
    internal static bool IsLack(int error) => error is Errno.EMFILE or Errno.ENFILE or Errno.ENOMEM;

    /// <summary>Closes a descriptor that one of the reserve may have been given up for.</summary>
    /// <returns>The error number, or 0.</returns>
    internal static int Close(int fd)
    {
        var error = Libc.Close(fd) < 0 ? Libc.LastError : 0;
        Keep();
        return error;
    }
}

/// <summary>Nothing can be looked at since no descriptor can be had: whoever asked must not take that for "nobody is there".</summary>
internal sealed class OutOfDescriptorsException(int error)
    : IOException(
        $"No descriptor can be had to look at processes ({Errno.Name(error)}); raise the limit of open files (ulimit -n), or find out who keeps them open"
    )
{
    /// <exception cref="OutOfDescriptorsException">The error number says so.</exception>
    internal static void ThrowIfLack(int error)
    {
        if (DescriptorReserve.IsLack(error))
        {
            throw new OutOfDescriptorsException(error);
        }
    }
}
