namespace Osl.Operations.Processes;

/// <summary>
/// One process, beyond doubt: a pid can be used again, a pid together with the time its process started can't
/// (within one boot and one pid namespace).
/// </summary>
/// <param name="Pid">The process id, in the pid namespace named.</param>
/// <param name="StartTime">
/// When it started, in the platform's own unit: on Linux clock ticks since boot (field 22 of /proc/PID/stat, proc_pid_stat(5)),
/// on Windows the creation time of GetProcessTimes in 100 ns.
/// </param>
/// <param name="BootId">Which boot: /proc/sys/kernel/random/boot_id on Linux, empty where the start time is a wall-clock time.</param>
/// <param name="PidNamespace">The inode of the pid namespace (pid_namespaces(7)); 0 where there are none.</param>
public sealed record ProcessRef(int Pid, long StartTime, string BootId, long PidNamespace)
{
    /// <summary>The pid and the start time.</summary>
    public override string ToString() => $"{Pid} (started at tick {StartTime})";
}
