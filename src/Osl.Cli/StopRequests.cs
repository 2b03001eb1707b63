using System.Runtime.InteropServices;
using Osl.Executors;
using Osl.Operations.Processes;

namespace Osl.Cli;

/// <summary>
/// SIGINT, SIGTERM and SIGHUP (on Windows Ctrl-C, Ctrl-Break, shutdown and a closed window) as a cancellation, once: the first one sets it off, later ones change nothing, so that a graceful stop
/// stays one, unless a command heeds <see cref="Urgent"/>. A signal that osl was started with as ignored stays ignored. SIGINT that the terminal has sent to osl in place of the
/// program is the program's, to do with as it likes.
/// </summary>
internal sealed class StopRequests : IDisposable
{
    private readonly CancellationTokenSource _source = new();
    private readonly CancellationTokenSource _urgent = new();
    private readonly PosixSignalRegistration[] _registrations;
    private readonly JobControl? _control;
    private readonly StopWords _words;
    private int _exitCode;

    internal StopRequests(JobControl? control = null, TimeProvider? time = null)
    {
        _control = control;
        _words = new StopWords(time ?? TimeProvider.System);
        PosixSignalRegistration[] none = [];
        _registrations =
        [
            PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal),
            PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal),
            PosixSignalRegistration.Create(PosixSignal.SIGHUP, OnSignal),
            // What .NET calls Ctrl-Break. On Linux it is passed on, or ends osl as it does any program.
            .. OperatingSystem.IsWindows() ? [PosixSignalRegistration.Create(PosixSignal.SIGQUIT, OnSignal)] : none,
        ];
    }

    internal CancellationToken Token => _source.Token;

    /// <summary>
    /// For who wants to know that somebody has lost patience: set by a SIGINT or SIGTERM that comes after the first signal,
    /// and not right behind it (<see cref="StopWords"/>). A SIGHUP is none: it comes
    /// with the end of a terminal or session, right behind a SIGTERM (systemd.kill(5), SendSIGHUP=).
    /// </summary>
    internal CancellationToken Urgent => _urgent.Token;

    /// <summary>128 + the number of the first signal; 0 as long as there was none.</summary>
    internal int ExitCode => Volatile.Read(ref _exitCode);

    public void Dispose()
    {
        foreach (var registration in _registrations)
        {
            registration.Dispose();
        }

        _source.Dispose();
        _urgent.Dispose();
    }

    private void OnSignal(PosixSignalContext context)
    {
        context.Cancel = true;
        if (context.Signal == PosixSignal.SIGINT && _control?.PassOn(Signal.Interrupt) == true)
        {
            return;
        }

        _control?.BeginEnding();
        var number = context.Signal switch
        {
            PosixSignal.SIGHUP => Signal.Hangup.Number,
            PosixSignal.SIGINT or PosixSignal.SIGQUIT => Signal.Interrupt.Number,
            _ => Signal.Terminate.Number,
        };
        switch (_words.Hear(context.Signal))
        {
            case StopWord.End:
                Volatile.Write(ref _exitCode, ExitCodes.SignalBase + number);
                _source.Cancel();
                break;
            case StopWord.Hurry:
                _urgent.Cancel();
                break;
        }
    }
}
