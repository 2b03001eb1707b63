using Osl.Interop.Windows;

namespace Osl.Executors.Windows;

/// <summary>How things are done where there is more than one way. Chosen by what the system has; by tests as they like.</summary>
/// <param name="JobAtCreation">
/// Whether a process is born into its jobs (PROC_THREAD_ATTRIBUTE_JOB_LIST, Windows 10). Else it is made suspended, put into them and let
/// go: the same for the process itself, while a thread that some other program injects before could get away.
/// </param>
/// <param name="LimitsEnforced">Whether limits of a job hold. Wine takes them and does nothing.</param>
internal sealed record WindowsMode(bool JobAtCreation, bool LimitsEnforced)
{
    /// <summary>As this machine is.</summary>
    internal static WindowsMode Detected { get; } = new(Environment.OSVersion.Version.Major >= 10, !Wine.IsHere);
}
