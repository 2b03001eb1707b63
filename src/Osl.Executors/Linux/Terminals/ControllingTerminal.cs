using System.Text;
using Microsoft.Win32.SafeHandles;
using Osl.Interop.Linux;

namespace Osl.Executors.Linux;

/// <summary>
/// The terminal of our session, whatever standard input is. See knowledge/terminals.md for what the kernel and shells do.
/// </summary>
internal sealed unsafe class ControllingTerminal : IDisposable
{
    /// <summary>More than this is no line that anybody types.</summary>
    private const int MostTyped = 256;

    private const int SliceMilliseconds = 100;

    private readonly SafeFileHandle _handle;

    private ControllingTerminal(int fd) => _handle = new SafeFileHandle(fd, ownsHandle: true);

    /// <summary>For calls whose caller keeps this open meanwhile.</summary>
    internal int Descriptor => (int)_handle.DangerousGetHandle();

    /// <summary>The group in the foreground; negative when the terminal has hung up.</summary>
    internal int Foreground => Libc.Tcgetpgrp(Descriptor);

    /// <summary>Whether our own group is in the foreground.</summary>
    internal bool IsOurs => Foreground == Libc.GetPgrp();

    /// <summary>Opens it; null when there is none.</summary>
    internal static ControllingTerminal? TryOpen()
    {
        var fd = Libc.Open("/dev/tty", Libc.O_RDWR | Libc.O_CLOEXEC | Libc.O_NOCTTY, 0);
        return fd < 0 ? null : new ControllingTerminal(fd);
    }

    /// <summary>Puts a group into the foreground, also from the background.</summary>
    internal bool Give(int pgid) => Unstopped(static (fd, pgid) => Libc.Tcsetpgrp(fd, pgid), pgid);

    /// <summary>The modes as they are (echo, line editing, signals); null when they can't be read.</summary>
    internal byte[]? ReadModes()
    {
        var modes = new byte[Libc.TermiosSize];
        fixed (byte* start = modes)
        {
            return Libc.Tcgetattr(Descriptor, start) == 0 ? modes : null;
        }
    }

    /// <summary>Puts modes back. Without effect for null.</summary>
    internal void WriteModes(byte[]? modes)
    {
        if (modes is not null)
        {
            _ = Unstopped(
                static (fd, modes) =>
                {
                    fixed (byte* start = modes)
                    {
                        return Libc.Tcsetattr(fd, Libc.TCSADRAIN, start);
                    }
                },
                modes
            );
        }
    }

    /// <summary>Throws away what was typed and not read.</summary>
    internal void DiscardInput() => _ = Libc.Ioctl(Descriptor, Libc.TCFLSH, null);

    /// <summary>Writes all of a text, as UTF-8.</summary>
    /// <returns>False when the terminal takes no more, as after it has hung up.</returns>
    internal bool TryWrite(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        fixed (byte* start = bytes)
        {
            for (var done = 0; done < bytes.Length; )
            {
                var written = Libc.Write(Descriptor, start + done, bytes.Length - done);
                if (written < 0 && Libc.LastError == Errno.EINTR)
                {
                    continue;
                }

                if (written <= 0)
                {
                    return false;
                }

                done += (int)written;
            }
        }

        return true;
    }

    /// <summary>Waits, on the calling thread, for a line, which is given without its end.</summary>
    /// <param name="time">By which it is measured.</param>
    /// <param name="patience">How long it is waited for.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>Null when nobody answers: the time is over, the terminal has hung up, or what is typed is no line.</returns>
    internal string? ReadLine(TimeProvider time, TimeSpan patience, CancellationToken cancellationToken)
    {
        var began = time.GetTimestamp();
        var typed = stackalloc byte[MostTyped];
        var length = 0;
        while (length < MostTyped && time.GetElapsedTime(began) < patience)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (!Osl.Interop.Linux.Descriptor.WaitReadable(Descriptor, SliceMilliseconds))
            {
                continue;
            }

            var read = Libc.Read(Descriptor, typed + length, MostTyped - length);
            if (read < 0 && Libc.LastError == Errno.EINTR)
            {
                continue;
            }

            if (read <= 0)
            {
                return null;
            }

            length += (int)read;
            var line = new ReadOnlySpan<byte>(typed, length);
            if (line.IndexOfAny((byte)'\n', (byte)'\r') is >= 0 and var end)
            {
                return Encoding.UTF8.GetString(line[..end]);
            }
        }

        return null;
    }

    public void Dispose() => _handle.Dispose();

    /// <summary>From the background such a call stops the whole host by SIGTTOU, unless this thread blocks it.</summary>
    private bool Unstopped<TValue>(Func<int, TValue, int> call, TValue value)
    {
        Span<byte> block = stackalloc byte[Libc.SigsetSize];
        Span<byte> old = stackalloc byte[Libc.SigsetSize];
        block.Clear();
        block[(Libc.SIGTTOU - 1) / 8] = 1 << ((Libc.SIGTTOU - 1) % 8);
        fixed (byte* blockStart = block)
        fixed (byte* oldStart = old)
        {
            if (Libc.PthreadSigmask(Libc.SIG_BLOCK, blockStart, oldStart) != 0)
            {
                return false;
            }

            int result;
            while ((result = call(Descriptor, value)) < 0 && Libc.LastError == Errno.EINTR)
            {
                // Once more.
            }

            _ = Libc.PthreadSigmask(Libc.SIG_SETMASK, oldStart, null);
            return result == 0;
        }
    }
}
