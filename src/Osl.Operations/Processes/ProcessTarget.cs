namespace Osl.Operations.Processes;

/// <summary>Which process an operation is about: a number that somebody typed, or a <see cref="ProcessRef"/> that leaves no doubt.</summary>
/// <param name="Pid">The process id; greater than 0.</param>
/// <param name="Process">The exact process, where it is known. If another process has the pid by now: <see cref="StaleProcess"/>.</param>
public sealed record ProcessTarget(int Pid, ProcessRef? Process = null)
{
    /// <summary>The exact process.</summary>
    /// <param name="process">The process.</param>
    public static implicit operator ProcessTarget(ProcessRef process)
    {
        ArgumentNullException.ThrowIfNull(process);
        return new(process.Pid, process);
    }

    /// <summary>Whatever process has the number now; Osl's registry says what it started under it.</summary>
    /// <param name="pid">The process id.</param>
    public static implicit operator ProcessTarget(int pid) => new(pid);

    /// <summary>The pid.</summary>
    public override string ToString() => $"process {Pid}";
}

/// <summary>Which group an operation is about: a number that somebody typed, or a <see cref="GroupRef"/> that leaves no doubt.</summary>
/// <param name="Pgid">The process group id; greater than 0.</param>
/// <param name="Group">The exact group, where it is known.</param>
public sealed record GroupTarget(int Pgid, GroupRef? Group = null)
{
    /// <summary>The exact group.</summary>
    /// <param name="group">The group.</param>
    public static implicit operator GroupTarget(GroupRef group)
    {
        ArgumentNullException.ThrowIfNull(group);
        return new(group.Id, group);
    }

    /// <summary>Whatever group has the number now; Osl's registry says what it started under it.</summary>
    /// <param name="pgid">The process group id.</param>
    public static implicit operator GroupTarget(int pgid) => new(pgid);

    /// <summary>The id.</summary>
    public override string ToString() => $"group {Pgid}";
}
