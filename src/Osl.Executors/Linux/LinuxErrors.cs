using Osl.Interop.Linux;
using Osl.Operations;
using Osl.Operations.Processes;

namespace Osl.Executors.Linux;

/// <summary>Error numbers in the words of the operations; those of starting a program are in <see cref="SpawnErrors"/>.</summary>
internal static class LinuxErrors
{
    /// <summary>Where processes can be held: a part of a sentence. All three calls are tried by <see cref="LinuxFeatures"/>.</summary>
    internal const string WherePidfdsWork =
        "Linux 5.4 or later on x86-64 or arm64, without a seccomp filter against pidfd_open, pidfd_send_signal or waitid by pidfd";

    /// <summary>The number of a signal; the default value would only check, and a caller that sends it has made a mistake.</summary>
    internal static int Checked(Signal signal) =>
        signal.Number is >= 1 and <= 64
            ? signal.Number
            : throw new ArgumentOutOfRangeException(nameof(signal), signal.Number, "A signal is 1 to 64.");

    /// <summary>What a pidfd_send_signal(2) answered.</summary>
    internal static OperationError? OfSignal(int error, string target) =>
        error switch
        {
            0 => null,
            Errno.ESRCH => new StaleProcess($"{target} has ended"),
            Errno.EPERM => new PermissionRefused(
                $"a signal to {target} (EPERM)",
                "It runs as another user: signal it as that user, or as root (kill(2), CAP_KILL)."
            ),
            _ => new Unsupported(
                $"a signal to {target} by its pidfd ({Errno.Name(error)})",
                "Linux 5.3 or later, and no seccomp filter that refuses pidfd_send_signal; osl doctor shows what is there."
            ),
        };

    /// <summary>What a pidfd_open(2) answered for a process that exists.</summary>
    internal static OperationError CannotHold(string target, int error) =>
        error switch
        {
            Errno.EMFILE or Errno.ENFILE or Errno.ENOMEM => new OperationFailed(
                "hold_failed",
                $"Could not open {target} ({Errno.Name(error)}): the {(error == Errno.EMFILE ? "host's" : "system's")} descriptors or memory are used up.",
                "Raise the limit of open files (ulimit -n), or find out who keeps them open."
            )
            {
                Transient = true,
            },
            _ => new Unsupported(
                $"holding {target} by a pidfd ({Errno.Name(error)})",
                $"{WherePidfdsWork}; osl doctor shows what is there."
            ),
        };
}
