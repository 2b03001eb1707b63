using System.Globalization;
using System.Text;
using Microsoft.Win32.SafeHandles;
using Osl.Executors.Streams;
using Osl.Interop.Linux;
using Osl.Operations;
using Osl.Operations.Processes;

namespace Osl.Executors.Linux;

/// <summary>
/// The master of a pseudo-terminal (pty(7), knowledge/terminals.md). The child, in a session that is new and without one, opens the slave
/// and so has its controlling terminal: no ioctl, and no code of ours in the child, is needed for it.
/// </summary>
/// <remarks>
/// Input and output are streams over descriptors of their own, so that each can be closed by itself; when the last is closed,
/// the session gets SIGHUP. Reading ends with EIO: when nobody has the slave open any more, or when the leader of the session has ended,
/// whoever else it has left behind.
/// </remarks>
internal sealed class PseudoTerminal : IPseudoTerminal
{
    private readonly SafeFileHandle _master;

    private PseudoTerminal(int master, byte[] slavePath)
    {
        _master = new SafeFileHandle(master, ownsHandle: true);
        SlavePath = slavePath;
    }

    /// <summary>What the child opens; ends with NUL.</summary>
    internal byte[] SlavePath { get; }

    /// <summary>Makes one.</summary>
    /// <param name="size">How large.</param>
    /// <param name="owner">Whom the slave is to belong to, who opens it; null for the host's account, who makes it.</param>
    /// <param name="terminal">The terminal.</param>
    /// <returns>The error number, or 0.</returns>
    internal static unsafe int Open(TerminalSize size, uint? owner, out PseudoTerminal? terminal)
    {
        terminal = null;
        var master = Libc.Open("/dev/ptmx", Libc.O_RDWR | Libc.O_NOCTTY | Libc.O_CLOEXEC | Libc.O_NONBLOCK, 0);
        if (master < 0)
        {
            return Libc.LastError;
        }

        var error = Descriptor.MoveUp(ref master);
        int unlocked = 0;
        int number = 0;
        if (
            error == 0
            && (
                Libc.Ioctl(master, Libc.TIOCSPTLCK, (byte*)&unlocked) < 0
                || Libc.Ioctl(master, Libc.TIOCGPTN, (byte*)&number) < 0
                || !SetSize(master, size)
            )
        )
        {
            error = Libc.LastError;
        }

        if (error != 0)
        {
            _ = Libc.Close(master);
            return error;
        }

        var path = string.Create(CultureInfo.InvariantCulture, $"/dev/pts/{number}");
        // The name is ours as long as the master is open. Its group stays as it is: tty, as grantpt(3) has it.
        if (owner is { } uid && Libc.Chown(path, uid, Libc.KeepId) != 0)
        {
            error = Libc.LastError;
            _ = Libc.Close(master);
            return error;
        }

        terminal = new PseudoTerminal(master, Encoding.ASCII.GetBytes(path + "\0"));
        return 0;
    }

    /// <summary>One more descriptor of the master, for a stream.</summary>
    /// <returns>The error number, or 0.</returns>
    internal int Duplicate(out int fd)
    {
        fd = Libc.Fcntl((int)_master.DangerousGetHandle(), Libc.F_DUPFD_CLOEXEC, 3);
        return fd < 0 ? Libc.LastError : 0;
    }

    public OperationError? Resize(TerminalSize size)
    {
        var added = false;
        try
        {
            _master.DangerousAddRef(ref added);
            return SetSize((int)_master.DangerousGetHandle(), size)
                ? null
                : new OperationFailed(
                    "resize_failed",
                    $"The terminal can't be resized ({Errno.Name(Libc.LastError)}).",
                    "See ioctl_tty(2)."
                );
        }
        catch (ObjectDisposedException)
        {
            return new Unsupported("resizing a terminal that has been closed", "Resize it before its view is disposed.");
        }
        finally
        {
            if (added)
            {
                _master.DangerousRelease();
            }
        }
    }

    public void Dispose() => _master.Dispose();

    private static unsafe bool SetSize(int fd, TerminalSize size)
    {
        // struct winsize: rows, columns, and two sizes in pixels.
        var window = stackalloc ushort[4] { (ushort)size.Rows, (ushort)size.Columns, 0, 0 };
        return Libc.Ioctl(fd, Libc.TIOCSWINSZ, (byte*)window) == 0;
    }
}
