using System.Buffers.Binary;

namespace Osl.Interop.Linux;

/// <summary>How a child ended, and what it used.</summary>
/// <param name="Signal">The signal that ended it, or 0.</param>
/// <param name="ExitCode">Its exit code, where no signal ended it.</param>
/// <param name="CoreDumped">Whether it left a core dump.</param>
/// <param name="UserMicroseconds">CPU time in user mode.</param>
/// <param name="SystemMicroseconds">CPU time in the kernel.</param>
/// <param name="PeakBytes">Largest resident set.</param>
internal readonly record struct ChildStatus(
    int Signal,
    int ExitCode,
    bool CoreDumped,
    long UserMicroseconds,
    long SystemMicroseconds,
    long PeakBytes
)
{
    private const int CLD_EXITED = 1;
    private const int CLD_DUMPED = 3;
    private const int CLD_STOPPED = 5;

    /// <summary>Reaps one child, by its pidfd and nothing else.</summary>
    /// <param name="child">The child.</param>
    /// <param name="block">Whether to wait for its end.</param>
    /// <param name="status">How it ended, when the answer is <see cref="ReapOutcome.Reaped"/>.</param>
    internal static ReapOutcome Reap(PidFd child, bool block, out ChildStatus status)
    {
        var outcome = Reap(child.Number, block, out status);
        if (outcome != ReapOutcome.StillRunning)
        {
            OwnChildren.Ended(child.Pid);
        }

        return outcome;
    }

    private static unsafe ReapOutcome Reap(int pidfd, bool block, out ChildStatus status)
    {
        Span<byte> info = stackalloc byte[128];
        Span<byte> usage = stackalloc byte[144];
        info.Clear();
        usage.Clear();
        status = default;
        fixed (byte* infoStart = info)
        fixed (byte* usageStart = usage)
        {
            while (Libc.WaitPidfd(pidfd, Libc.WEXITED | (block ? 0 : Libc.WNOHANG), infoStart, usageStart) < 0)
            {
                switch (Libc.LastError)
                {
                    case Errno.EINTR:
                        continue;
                    default:
                        return TryRecover(pidfd, out status) ? ReapOutcome.Reaped : ReapOutcome.NotOurs;
                }
            }
        }

        if (ReadInt(info, 16) == 0)
        {
            return ReapOutcome.StillRunning;
        }

        var code = ReadInt(info, 8);
        var value = ReadInt(info, 24);
        status = new ChildStatus(
            code == CLD_EXITED ? 0 : value,
            code == CLD_EXITED ? value : 0,
            code == CLD_DUMPED,
            Microseconds(usage),
            Microseconds(usage[16..]),
            ReadLong(usage, 32) * 1024
        );
        return ReapOutcome.Reaped;
    }

    /// <summary>Waits, on the calling thread, until a child stops or ends. Whoever reaps it has nothing taken away.</summary>
    /// <param name="pidfd">The child; held open by the caller.</param>
    /// <returns>The signal that stopped it; 0 when it has ended.</returns>
    internal static unsafe int WaitForStop(int pidfd)
    {
        Span<byte> info = stackalloc byte[128];
        fixed (byte* start = info)
        {
            while (true)
            {
                // Looked at first, without taking: an end is its reaper's. A stop is taken then, so that it is told once.
                info.Clear();
                if (Libc.WaitPidfd(pidfd, Libc.WEXITED | Libc.WSTOPPED | Libc.WNOWAIT, start, null) < 0)
                {
                    if (Libc.LastError == Errno.EINTR)
                    {
                        continue;
                    }

                    return 0;
                }

                if (ReadInt(info, 8) != CLD_STOPPED)
                {
                    return 0;
                }

                info.Clear();
                if (
                    Libc.WaitPidfd(pidfd, Libc.WSTOPPED | Libc.WNOHANG, start, null) == 0
                    && ReadInt(info, 16) != 0
                    && ReadInt(info, 8) == CLD_STOPPED
                )
                {
                    return ReadInt(info, 24);
                }
            }
        }
    }

    /// <summary>Reaps a zombie that nobody here has started; how it ended is of no interest.</summary>
    /// <returns>Whether it is gone now, by us or by somebody else.</returns>
    internal static bool ReapOrphan(PidFd orphan) => Reap(orphan.Number, block: false, out _) != ReapOutcome.StillRunning;

    /// <summary>What a wait for a process says, which takes nothing away: 0, or the error number (ECHILD for who is no child of ours).</summary>
    internal static unsafe int ErrorOfWait(PidFd process)
    {
        var info = stackalloc byte[128];
        return Libc.WaitPidfd(process.Number, Libc.WEXITED | Libc.WNOHANG | Libc.WNOWAIT, info, null) < 0 ? Libc.LastError : 0;
    }

    /// <summary>Waits for the end of a child that could not be opened, by its number; its status is of no interest.</summary>
    internal static unsafe void ReapByPid(int pid)
    {
        var info = stackalloc byte[128];
        while (Libc.WaitPid(pid, Libc.WEXITED, info) < 0 && Libc.LastError == Errno.EINTR)
        {
            // Once more.
        }

        OwnChildren.Ended(pid);
    }

    /// <summary>
    /// Somebody else reaped it: as process 1 the .NET runtime does so with every child once System.Diagnostics.Process was used,
    /// and the kernel itself where SIGCHLD is ignored. From Linux 6.15 a pidfd that was opened in time still knows the status.
    /// </summary>
    private static unsafe bool TryRecover(int pidfd, out ChildStatus status)
    {
        status = default;
        Span<byte> info = stackalloc byte[64];
        info.Clear();
        BinaryPrimitives.WriteUInt64LittleEndian(info, Libc.PIDFD_INFO_EXIT);
        fixed (byte* start = info)
        {
            if (
                Libc.Ioctl(pidfd, Libc.PIDFD_GET_INFO, start) < 0
                || (BinaryPrimitives.ReadUInt64LittleEndian(info) & Libc.PIDFD_INFO_EXIT) == 0
            )
            {
                return false;
            }
        }

        // The form of wait(2): low 7 bits the signal, bit 7 the core dump, above them the exit code.
        var wait = ReadInt(info, 60);
        status = new ChildStatus(wait & 0x7f, (wait >> 8) & 0xff, (wait & 0x80) != 0, 0, 0, 0);
        return true;
    }

    private static long Microseconds(ReadOnlySpan<byte> timeval) => (ReadLong(timeval, 0) * 1_000_000) + ReadLong(timeval, 8);

    private static int ReadInt(ReadOnlySpan<byte> bytes, int offset) => BinaryPrimitives.ReadInt32LittleEndian(bytes[offset..]);

    private static long ReadLong(ReadOnlySpan<byte> bytes, int offset) => BinaryPrimitives.ReadInt64LittleEndian(bytes[offset..]);
}

/// <summary>What came of an attempt to reap.</summary>
internal enum ReapOutcome
{
    /// <summary>It has not ended.</summary>
    StillRunning,

    /// <summary>It has ended and its status is known.</summary>
    Reaped,

    /// <summary>It is not our child, or somebody else has reaped it; its status can't be known.</summary>
    NotOurs,
}
