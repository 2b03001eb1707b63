using System.Text.Json.Serialization;

namespace Osl.Operations.Processes;

/// <summary>How a process ended: with an exit code, or by a signal; never both.</summary>
/// <param name="ExitCode">0 to 255 on POSIX, 32 bits on Windows; null when a signal ended it.</param>
/// <param name="Signal">The signal that ended it; null when it exited.</param>
/// <param name="CoreDumped">Whether it left a core dump.</param>
public sealed record ExitStatus(int? ExitCode, Signal? Signal = null, bool CoreDumped = false)
{
    /// <summary>Exit code 0.</summary>
    [JsonIgnore]
    public bool IsSuccess => ExitCode == 0;

    /// <summary>As a shell reports it: the exit code, or 128 + the signal's number.</summary>
    [JsonIgnore]
    public int ShellCode => ExitCode ?? (128 + (Signal?.Number ?? 0));

    /// <summary><c>exit code 0</c>, <c>ended by SIGKILL</c>.</summary>
    public override string ToString() =>
        Signal is { } signal ? $"ended by {signal}{(CoreDumped ? " (core dumped)" : "")}" : $"exit code {ExitCode}";
}
