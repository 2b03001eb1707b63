using System.Buffers.Binary;
using Osl.Interop.Linux;

namespace Osl.Executors.Linux;

/// <summary>
/// How this process handles SIGCHLD, without which nobody's exit status can be known, SIGCONT, and what it was started with as ignored.
/// </summary>
internal static unsafe class SignalDispositions
{
    /// <summary>Whether the kernel throws the status of our children away (SIG_IGN, or SA_NOCLDWAIT; waitpid(2)).</summary>
    internal static bool IsChildIgnored()
    {
        Span<byte> action = stackalloc byte[Libc.SigactionSize];
        action.Clear();
        fixed (byte* start = action)
        {
            return Libc.Sigaction(Libc.SIGCHLD, null, start) == 0
                && (
                    BinaryPrimitives.ReadInt64LittleEndian(action) == Libc.SIG_IGN
                    || (BinaryPrimitives.ReadInt32LittleEndian(action[136..]) & Libc.SA_NOCLDWAIT) != 0
                );
        }
    }

    /// <summary>Whether somebody handles SIGCHLD: the runtime, once System.Diagnostics.Process or a terminal was used.</summary>
    internal static bool IsChildHandled() => HandlerOf(Libc.SIGCHLD) is not (null or Libc.SIG_DFL or Libc.SIG_IGN);

    /// <summary>
    /// Puts SIGCHLD back to its default if it is ignored. For a program to call as it begins, before anything else starts children;
    /// the library itself never changes a host's dispositions.
    /// </summary>
    /// <returns>Whether it was ignored and is no longer.</returns>
    internal static bool RestoreChild() => IsChildIgnored() && SetDefault(Libc.SIGCHLD);

    /// <summary>
    /// Takes SIGCONT away from the runtime, whose handler puts the terminal into the modes it found at the start, whoever is in the
    /// foreground by now; and having done so once it does it at the end again (knowledge/terminals.md). For a program that lends its
    /// terminal, once its signals are registered.
    /// </summary>
    internal static void ContinueSilently() => _ = SetDefault(Libc.SIGCONT);

    /// <summary>
    /// SIGHUP, SIGINT and SIGQUIT as far as they are ignored: what nohup(1) and a shell's <c>&amp;</c> say to a program by starting it so. The
    /// runtime leaves a signal ignored that it finds so, also where somebody registers for it; those that it ignores itself (SIGPIPE) are
    /// none of these three.
    /// </summary>
    /// <returns>A bit each, the lowest for signal 1.</returns>
    internal static ulong PassedOn()
    {
        var ignored = 0UL;
        foreach (var signal in (ReadOnlySpan<int>)[Libc.SIGHUP, Libc.SIGINT, Libc.SIGQUIT])
        {
            if (HandlerOf(signal) == Libc.SIG_IGN)
            {
                ignored |= 1UL << (signal - 1);
            }
        }

        return ignored;
    }

    private static long? HandlerOf(int signal)
    {
        Span<byte> action = stackalloc byte[Libc.SigactionSize];
        action.Clear();
        fixed (byte* start = action)
        {
            return Libc.Sigaction(signal, null, start) == 0 ? BinaryPrimitives.ReadInt64LittleEndian(action) : null;
        }
    }

    private static bool SetDefault(int signal)
    {
        Span<byte> action = stackalloc byte[Libc.SigactionSize];
        action.Clear();
        BinaryPrimitives.WriteInt64LittleEndian(action, Libc.SIG_DFL);
        fixed (byte* start = action)
        {
            return Libc.Sigaction(signal, start, null) == 0;
        }
    }
}
