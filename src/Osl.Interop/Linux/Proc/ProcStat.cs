namespace Osl.Interop.Linux;

/// <summary>What /proc/PID/stat says (proc_pid_stat(5)).</summary>
/// <param name="Pid">Field 1.</param>
/// <param name="Comm">Field 2, without the parentheses; any bytes, taken as UTF-8.</param>
/// <param name="State">Field 3: R, S, D, T, t, Z, X, I.</param>
/// <param name="ParentPid">Field 4.</param>
/// <param name="Pgid">Field 5.</param>
/// <param name="Session">Field 6.</param>
/// <param name="StartTime">Field 22: clock ticks since boot.</param>
internal readonly record struct ProcStat(int Pid, string Comm, char State, int ParentPid, int Pgid, int Session, long StartTime)
{
    /// <summary>Neither a zombie nor dead.</summary>
    internal bool IsAlive => State is not ('Z' or 'X' or 'x');
}
