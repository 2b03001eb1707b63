using System.Buffers.Binary;
using Osl.Interop.Linux;

namespace Osl.Interop.Posix;

/// <summary>
/// How one child of ours is, by its pid. Safe as long as whoever asks is the only one who reaps it: an unreaped child keeps its number.
/// </summary>
internal static unsafe class OwnChild
{
    private const int CLD_EXITED = 1;
    private const int CLD_DUMPED = 3;
    private const int CLD_STOPPED = 5;

    /// <summary>siginfo_t: where the pid and the status are.</summary>
    private static readonly (int Pid, int Status) Offsets = OperatingSystem.IsMacOS() ? (12, 20) : (16, 24);

    /// <summary>Looks whether it has ended, and leaves it a zombie. What it used is not told: that comes with reaping only.</summary>
    /// <param name="pid">A child.</param>
    /// <param name="status">How it ended, when the answer is Reaped.</param>
    internal static ReapOutcome Peek(int pid, out ChildStatus status)
    {
        status = default;
        Span<byte> info = stackalloc byte[128];
        info.Clear();
        fixed (byte* start = info)
        {
            while (PosixLibc.Waitid(PosixLibc.P_PID, (uint)pid, start, PosixLibc.WEXITED | PosixLibc.WNOHANG | PosixLibc.WNOWAIT) < 0)
            {
                if (Libc.LastError != Errno.EINTR)
                {
                    return ReapOutcome.NotOurs;
                }
            }
        }

        if (Read(info, Offsets.Pid) == 0)
        {
            return ReapOutcome.StillRunning;
        }

        var code = Read(info, 8);
        var value = Read(info, Offsets.Status);
        status = new ChildStatus(code == CLD_EXITED ? 0 : value, code == CLD_EXITED ? value : 0, code == CLD_DUMPED, 0, 0, 0);
        return ReapOutcome.Reaped;
    }

    /// <summary>Reaps it.</summary>
    /// <param name="pid">A child.</param>
    /// <param name="block">Whether to wait for its end.</param>
    /// <param name="status">How it ended and what it used, when the answer is Reaped.</param>
    internal static ReapOutcome Reap(int pid, bool block, out ChildStatus status)
    {
        status = default;
        Span<byte> usage = stackalloc byte[144];
        usage.Clear();
        int wait;
        int answer;
        fixed (byte* start = usage)
        {
            do
            {
                answer = PosixLibc.Wait4(pid, &wait, block ? 0 : PosixLibc.WNOHANG, start);
            } while (answer < 0 && Libc.LastError == Errno.EINTR);
        }

        if (answer == 0)
        {
            return ReapOutcome.StillRunning;
        }

        OwnChildren.Ended(pid);
        if (answer < 0)
        {
            return ReapOutcome.NotOurs;
        }

        // Low 7 bits the signal, bit 7 the core dump, above them the exit code: so on every Unix, if not by its standard.
        var peak = BinaryPrimitives.ReadInt64LittleEndian(usage[32..]);
        status = new ChildStatus(
            wait & 0x7f,
            (wait & 0x7f) == 0 ? (wait >> 8) & 0xff : 0,
            (wait & 0x80) != 0,
            Microseconds(usage),
            Microseconds(usage[16..]),
            OperatingSystem.IsMacOS() ? peak : peak * 1024
        );
        return ReapOutcome.Reaped;
    }

    /// <summary>Waits, on the calling thread, until it stops or ends. Its end is left to whoever reaps it.</summary>
    /// <param name="pid">A child.</param>
    /// <returns>The signal that stopped it; 0 when it has ended.</returns>
    internal static int WaitForStop(int pid)
    {
        Span<byte> info = stackalloc byte[128];
        fixed (byte* start = info)
        {
            while (true)
            {
                // Looked at first, without taking: an end is its reaper's. A stop is taken then, so that it is told once.
                info.Clear();
                var options = PosixLibc.WEXITED | PosixLibc.WSTOPPED | PosixLibc.WNOWAIT;
                if (PosixLibc.Waitid(PosixLibc.P_PID, (uint)pid, start, options) < 0)
                {
                    if (Libc.LastError == Errno.EINTR)
                    {
                        continue;
                    }

                    return 0;
                }

                if (Read(info, 8) != CLD_STOPPED)
                {
                    return 0;
                }

                info.Clear();
                if (
                    PosixLibc.Waitid(PosixLibc.P_PID, (uint)pid, start, PosixLibc.WSTOPPED | PosixLibc.WNOHANG) == 0
                    && Read(info, Offsets.Pid) != 0
                    && Read(info, 8) == CLD_STOPPED
                )
                {
                    return Read(info, Offsets.Status);
                }
            }
        }
    }

    private static long Microseconds(ReadOnlySpan<byte> timeval) =>
        (BinaryPrimitives.ReadInt64LittleEndian(timeval) * 1_000_000) + Read(timeval, 8);

    private static int Read(ReadOnlySpan<byte> bytes, int offset) => BinaryPrimitives.ReadInt32LittleEndian(bytes[offset..]);
}
