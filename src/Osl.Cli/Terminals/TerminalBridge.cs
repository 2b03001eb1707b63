using System.Runtime.InteropServices;
using Osl.Executors.Linux;
using Osl.Executors.Streams;
using Osl.Interop.Linux;
using Osl.Operations.Processes;

namespace Osl.Cli.Terminals;

/// <summary>
/// Between the terminal that osl is typed at and the one that the program has for its own: keys go there as they are, and its size follows. What
/// the program writes comes back by standard output.
/// </summary>
/// <remarks>
/// For that the own terminal is put into raw mode, so that Ctrl-C is a key like others and the program's terminal makes a signal of it. Its
/// modes are put back when the program has ended, when osl ends for whatever other reason it can notice, and while it is stopped.
/// From the background nothing is touched or read: that would stop osl.
/// <para>
/// Input that is no terminal is typed too, and its end as Ctrl-D, as script(1) does.
/// </para>
/// </remarks>
internal sealed class TerminalBridge : IDisposable
{
    private const byte EndOfInput = 0x04;

    private readonly Lock _gate = new();
    private readonly ControllingTerminal? _own;
    private readonly byte[]? _modes;
    private readonly PosixSignalRegistration[] _registrations;
    private volatile IPseudoTerminal? _terminal;
    private bool _isRaw;
    private bool _over;

    internal TerminalBridge()
    {
        _own = Libc.Isatty(0) == 1 ? ControllingTerminal.TryOpen() : null;
        _modes = _own?.IsOurs == true ? _own.ReadModes() : null;
        AppDomain.CurrentDomain.ProcessExit += OnExit;
        AppDomain.CurrentDomain.UnhandledException += OnExit;
        // Never made on Windows, where the executor has no such terminals.
        _registrations = OperatingSystem.IsWindows()
            ? []
            :
            [
                PosixSignalRegistration.Create(PosixSignal.SIGWINCH, _ => Resize()),
                // Ends osl at once, unless it is passed on; the other signals that end it do so in order.
                PosixSignalRegistration.Create(PosixSignal.SIGQUIT, _ => Suspend()),
            ];
    }

    /// <summary>The size of osl's own terminal; 80 by 24 without one.</summary>
    internal static unsafe TerminalSize SizeOfOwn()
    {
        if (!OperatingSystem.IsWindows())
        {
            var window = stackalloc ushort[4];
            for (var fd = 0; fd <= 2; fd++)
            {
                if (Libc.Isatty(fd) == 1 && Libc.Ioctl(fd, Libc.TIOCGWINSZ, (byte*)window) == 0 && window[0] > 0 && window[1] > 0)
                {
                    return new TerminalSize(window[1], window[0]);
                }
            }
        }

        return TerminalSize.Default;
    }

    /// <summary>The program has its terminal.</summary>
    /// <param name="input">What is typed there.</param>
    /// <param name="terminal">The terminal.</param>
    internal void Start(Stream input, IPseudoTerminal terminal)
    {
        _terminal = terminal;
        Resume();
        if (Libc.Isatty(0) == 0 || _modes is not null)
        {
            new Thread(() => Type(input), 256 * 1024) { IsBackground = true, Name = "osl-terminal-input" }.Start();
        }
    }

    /// <summary>The own terminal as it was, for as long as osl is stopped.</summary>
    internal void Suspend()
    {
        lock (_gate)
        {
            if (_isRaw)
            {
                _isRaw = false;
                _own!.WriteModes(_modes);
            }
        }
    }

    /// <summary>The own terminal as the program needs it.</summary>
    internal unsafe void Resume()
    {
        lock (_gate)
        {
            if (_over || _modes is null || _terminal is null || _own?.IsOurs != true)
            {
                return;
            }

            byte[] raw = [.. _modes];
            fixed (byte* start = raw)
            {
                Libc.Cfmakeraw(start);
            }

            _own.WriteModes(raw);
            _isRaw = true;
        }

        Resize();
    }

    public void Dispose()
    {
        Suspend();
        lock (_gate)
        {
            if (_over)
            {
                return;
            }

            _over = true;
        }

        AppDomain.CurrentDomain.ProcessExit -= OnExit;
        AppDomain.CurrentDomain.UnhandledException -= OnExit;
        foreach (var registration in _registrations)
        {
            registration.Dispose();
        }

        _own?.Dispose();
    }

    private void OnExit(object? sender, EventArgs e) => Suspend();

    private void Resize() => _ = _terminal?.Resize(SizeOfOwn());

    private static unsafe void Type(Stream input)
    {
        var keys = stackalloc byte[4096];
        try
        {
            while (true)
            {
                var count = Libc.Read(0, keys, 4096);
                if (count > 0)
                {
                    input.Write(new ReadOnlySpan<byte>(keys, (int)count));
                }
                else if (count == 0)
                {
                    input.WriteByte(EndOfInput);
                    return;
                }
                else if (Libc.LastError == Errno.EAGAIN)
                {
                    // Somebody we share it with has made it non-blocking.
                    _ = Descriptor.WaitReadable(0, -1);
                }
                else if (Libc.LastError != Errno.EINTR)
                {
                    return;
                }
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // The program has ended, and its terminal with it: there is nobody left to type for.
        }
    }
}
