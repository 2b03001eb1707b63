using System.Runtime.InteropServices;
using Osl.Executors;
using Osl.Executors.Linux;
using Osl.Interop.Linux;
using Osl.Operations.Processes;

namespace Osl.Cli.Terminals;

/// <summary>
/// What a terminal sends to osl while the program is not in its foreground, passed on to the program: once, since its group is not the
/// one that the terminal has sent it to. SIGINT is in <see cref="StopRequests"/>, since it may mean the end of osl too.
/// </summary>
internal sealed class TerminalSignals : IDisposable
{
    private readonly JobControl _control;
    private readonly TerminalBridge? _bridge;
    private readonly PosixSignalRegistration[] _registrations;

    internal TerminalSignals(JobControl control, TerminalBridge? bridge = null)
    {
        _control = control;
        _bridge = bridge;
        if (OperatingSystem.IsWindows())
        {
            _registrations = [];
            return;
        }

        _registrations =
        [
            PosixSignalRegistration.Create(PosixSignal.SIGQUIT, context => context.Cancel = PassOn(Libc.SIGQUIT)),
            PosixSignalRegistration.Create(PosixSignal.SIGWINCH, _ => PassOn(Libc.SIGWINCH)),
            PosixSignalRegistration.Create(PosixSignal.SIGTSTP, OnStop),
        ];
        SignalDispositions.ContinueSilently();
    }

    public void Dispose()
    {
        foreach (var registration in _registrations)
        {
            registration.Dispose();
        }
    }

    /// <summary>The program stops, and osl after it; where there is none, osl alone.</summary>
    private void OnStop(PosixSignalContext context)
    {
        context.Cancel = true;
        if (!PassOn(Libc.SIGTSTP))
        {
            _bridge?.Suspend();
            OwnGroup.Stop(Libc.SIGTSTP, withOthers: false);
            _bridge?.Resume();
        }
    }

    private bool PassOn(int signal) => _control.PassOn(Signal.FromNumber(signal));
}
