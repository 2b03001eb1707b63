using Osl.Interop.Linux;

namespace Osl.Executors.Linux;

/// <summary>The host's terminal, lent to a child's group and taken back.</summary>
internal static unsafe class Terminal
{
    private const int StandardInput = 0;

    /// <summary>The group in the foreground of the terminal on standard input; 0 when that is no terminal of ours.</summary>
    internal static int Owner() => Libc.Isatty(StandardInput) == 1 ? Math.Max(0, Libc.Tcgetpgrp(StandardInput)) : 0;

    /// <summary>Puts the group that had the terminal into the foreground again. Without effect for 0, or if it is there.</summary>
    internal static void TakeBack(int owner)
    {
        if (owner == 0 || Libc.Tcgetpgrp(StandardInput) is var now && (now == owner || now < 0))
        {
            return;
        }

        // We are in the background now: without this the call stops the whole host by SIGTTOU.
        Span<byte> block = stackalloc byte[Libc.SigsetSize];
        Span<byte> old = stackalloc byte[Libc.SigsetSize];
        block.Clear();
        block[(Libc.SIGTTOU - 1) / 8] = 1 << ((Libc.SIGTTOU - 1) % 8);
        fixed (byte* blockStart = block)
        fixed (byte* oldStart = old)
        {
            if (Libc.PthreadSigmask(Libc.SIG_BLOCK, blockStart, oldStart) == 0)
            {
                _ = Libc.Tcsetpgrp(StandardInput, owner);
                _ = Libc.PthreadSigmask(Libc.SIG_SETMASK, oldStart, null);
            }
        }
    }
}
