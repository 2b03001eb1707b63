using Microsoft.Win32.SafeHandles;

namespace Osl.Interop.Linux;

/// <summary>
/// A process, held by a descriptor (pidfd_open(2)): whatever becomes of the number, this means the same process for ever.
/// A safe handle, so that a signal on one thread can't meet a descriptor number that another thread has just closed and the
/// kernel given to another process's pidfd. See knowledge/pidfd.md.
/// </summary>
internal sealed class PidFd : SafeHandleMinusOneIsInvalid
{
    private PidFd(int fd, int pid)
        : base(ownsHandle: true)
    {
        SetHandle(fd);
        Pid = pid;
    }

    /// <summary>The number it was opened by; may be another process's by now.</summary>
    internal int Pid { get; }

    /// <summary>Opens a process; null with the error number when there is none (ESRCH) or it can't be opened.</summary>
    /// <param name="pid">Its number.</param>
    /// <param name="error">The error number, or 0.</param>
    /// <param name="spend">Whether, when there are no descriptors left, one of the reserve is given up for it, or some time is waited.</param>
    internal static PidFd? TryOpen(int pid, out int error, bool spend = true)
    {
        var attempt = 0;
        int fd;
        do
        {
            fd = Libc.PidfdOpen(pid);
            error = fd < 0 ? Libc.LastError : 0;
        } while (fd < 0 && spend && DescriptorReserve.MayRetry(error, ref attempt));

        return fd < 0 ? null : new PidFd(fd, pid);
    }

    /// <summary>A second descriptor of the same process; null with the error number when there are none left.</summary>
    internal PidFd? TryDuplicate(out int error)
    {
        var added = false;
        try
        {
            DangerousAddRef(ref added);
            var fd = Libc.Fcntl((int)handle, Libc.F_DUPFD_CLOEXEC, 3);
            error = fd < 0 ? Libc.LastError : 0;
            return fd < 0 ? null : new PidFd(fd, Pid);
        }
        finally
        {
            if (added)
            {
                DangerousRelease();
            }
        }
    }

    /// <summary>The descriptor's number, for calls whose caller holds this open meanwhile.</summary>
    internal int Number => (int)handle;

    /// <summary>Sends a signal to the process, or to the group that it leads or led. 0 checks only.</summary>
    /// <returns>The error number, or 0.</returns>
    internal int Send(int signal, bool group = false)
    {
        var added = false;
        try
        {
            DangerousAddRef(ref added);
            var result = Libc.PidfdSendSignal((int)handle, signal, group ? Libc.PIDFD_SIGNAL_PROCESS_GROUP : 0);
            return result < 0 ? Libc.LastError : 0;
        }
        finally
        {
            if (added)
            {
                DangerousRelease();
            }
        }
    }

    /// <inheritdoc/>
    protected override bool ReleaseHandle() => DescriptorReserve.Close((int)handle) == 0;
}
