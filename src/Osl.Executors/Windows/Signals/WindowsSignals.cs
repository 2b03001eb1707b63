using System.Globalization;
using Osl.Interop.Windows;
using Osl.Operations;
using Osl.Operations.Processes;

namespace Osl.Executors.Windows;

/// <summary>
/// What a signal means here. KILL: ended. INT and TERM: a break at the console of the target, or else WM_CLOSE to its windows. STOP and
/// CONT: every thread suspended or resumed. No other has a meaning (adr/0016-windows-jobs.md).
/// </summary>
internal static class WindowsSignals
{
    /// <summary>128 + 9, as a shell reports a SIGKILL: no other sign tells that somebody was ended from outside.</summary>
    internal const uint KilledExitCode = 137;

    /// <summary>Signals that are carried out process by process, one that was looked up at a time.</summary>
    /// <param name="signal">INT, TERM, STOP, CONT.</param>
    /// <param name="members">Who.</param>
    /// <param name="group">The id of the console's process group that the first of them leads or led.</param>
    /// <param name="target">For messages.</param>
    internal static OperationError? Send(Signal signal, IReadOnlyList<HeldProcess> members, int group, string target)
    {
        if (members.Count == 0)
        {
            return new StaleProcess($"{target} has ended");
        }

        return signal == Signal.Interrupt || signal == Signal.Terminate ? AskToEnd(signal, members, group, target)
            : signal == Signal.Stop || signal == Signal.Continue ? Switch(signal, members, target)
            : NoMeaning(signal, target);
    }

    internal static bool HasMeaning(Signal signal) =>
        signal == Signal.Kill
        || signal == Signal.Interrupt
        || signal == Signal.Terminate
        || signal == Signal.Stop
        || signal == Signal.Continue;

    internal static Unsupported NoMeaning(Signal signal, string target) =>
        new($"{signal} to {target}: Windows has nothing like it", "Send KILL, TERM, INT, STOP or CONT.");

    internal static OperationError OfError(int error, string target) =>
        error switch
        {
            Win32Error.ERROR_ACCESS_DENIED => new PermissionRefused(
                $"a signal to {target} ({Win32Error.Name(error)})",
                "It runs as another account, or elevated, or is protected by the system: signal it from an elevated host."
            ),
            _ => new OperationFailed(
                "signal_failed",
                $"A signal to {target} failed ({Win32Error.Name(error)}).",
                "See the code in winerror.h."
            ),
        };

    private static Unsupported? AskToEnd(Signal signal, IReadOnlyList<HeldProcess> members, int group, string target)
    {
        var pids = members.Select(member => member.Pid).ToArray();
        var asked = ConsoleBreak.Send(group, pids, out var why);
        asked += WindowClose.Send(pids);
        return asked > 0
            ? null
            : new Unsupported(
                string.Create(CultureInfo.InvariantCulture, $"{signal} to {target}: {why}, and it has no window to close"),
                "Send KILL."
            );
    }

    private static OperationError? Switch(Signal signal, IReadOnlyList<HeldProcess> members, string target)
    {
        var error = 0;
        var done = false;
        foreach (var member in members)
        {
            // Only who is stopped altogether: a single suspended thread is its program's own business (a garbage collector, a debugger).
            if (signal == Signal.Continue && member.Row is { IsSuspended: false } && !Wine.IsHere)
            {
                done = true;
                continue;
            }

            var status = signal == Signal.Stop ? Ntdll.NtSuspendProcess(member.Handle) : Ntdll.NtResumeProcess(member.Handle);
            done |= status >= 0;
            error = status >= 0 || ProcessHandle.HasEnded(member.Handle) ? error : (int)Ntdll.RtlNtStatusToDosError(status);
        }

        return error != 0 ? OfError(error, target)
            : done ? null
            : new StaleProcess($"{target} has ended");
    }
}

/// <summary>A process that is held for a signal.</summary>
/// <param name="Pid">Its pid, which stays its own as long as it is held.</param>
/// <param name="Handle">What holds it.</param>
/// <param name="Row">Its line of the process table.</param>
internal sealed record HeldProcess(int Pid, Win32Handle Handle, ProcessRow? Row);
