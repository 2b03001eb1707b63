using System.Buffers.Binary;
using Osl.Interop.Linux;

namespace Osl.Executors.Linux;

/// <summary>How this process handles SIGCHLD, without which nobody's exit status can be known, and SIGCONT.</summary>
internal static unsafe class SignalDispositions
{
    private const long SIG_DFL = 0;
    private const long SIG_IGN = 1;

    /// <summary>Whether the kernel throws the status of our children away (SIG_IGN, or SA_NOCLDWAIT; waitpid(2)).</summary>
    internal static bool IsChildIgnored()
    {
        Span<byte> action = stackalloc byte[Libc.SigactionSize];
        action.Clear();
        fixed (byte* start = action)
        {
            return Libc.Sigaction(Libc.SIGCHLD, null, start) == 0
                && (
                    BinaryPrimitives.ReadInt64LittleEndian(action) == SIG_IGN
                    || (BinaryPrimitives.ReadInt32LittleEndian(action[136..]) & Libc.SA_NOCLDWAIT) != 0
                );
        }
    }

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

    private static bool SetDefault(int signal)
    {
        Span<byte> action = stackalloc byte[Libc.SigactionSize];
        action.Clear();
        BinaryPrimitives.WriteInt64LittleEndian(action, SIG_DFL);
        fixed (byte* start = action)
        {
            return Libc.Sigaction(signal, start, null) == 0;
        }
    }
}
