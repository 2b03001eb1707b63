using System.Text.Json.Serialization;

namespace Osl.Operations.Processes;

/// <summary>How strongly what is started is held together. What can't be enforced is an error, never silently less.</summary>
[JsonConverter(typeof(SnakeCaseEnumConverter<Containment>))]
public enum Containment
{
    /// <summary>Whatever the process group configuration gives: no minimum is asked for.</summary>
    None,

    /// <summary>At least a process group; a member can leave it by setsid.</summary>
    Group,

    /// <summary>At least a session.</summary>
    Session,

    /// <summary>At least a cgroup: nobody can leave it without privilege.</summary>
    Cgroup,

    /// <summary>A pid namespace: the kernel ends everybody in it with its first process.</summary>
    PidNamespace,
}

/// <summary>The account a child runs as.</summary>
/// <param name="User">Name or uid.</param>
/// <param name="Group">Name or gid; null for the user's own.</param>
public sealed record RunAs(string User, string? Group = null)
{
    /// <summary>Supplementary groups, by name or gid; empty for the user's own.</summary>
    public ValueList<string> SupplementaryGroups { get; init; }
}

/// <summary>What a child may gain or keep.</summary>
public sealed record PrivilegeConfig
{
    /// <summary>Set-uid programs gain it nothing (prctl(2), PR_SET_NO_NEW_PRIVS).</summary>
    public bool NoNewPrivileges { get; init; }

    /// <summary>The capabilities it keeps (capabilities(7)), such as <c>CAP_NET_BIND_SERVICE</c>; null keeps them as they are.</summary>
    public ValueList<string>? Capabilities { get; init; }
}

/// <summary>Whose reads and writes of disks come first (ioprio_set(2)).</summary>
[JsonConverter(typeof(SnakeCaseEnumConverter<IoPriorityClass>))]
public enum IoPriorityClass
{
    /// <summary>In turn, by level.</summary>
    BestEffort,

    /// <summary>When nobody else wants the disk.</summary>
    Idle,

    /// <summary>Before everybody else, by level. Needs CAP_SYS_NICE or CAP_SYS_ADMIN.</summary>
    RealTime,
}

/// <summary>A priority among those who use a disk (ioprio_set(2)); it counts with the I/O schedulers that know it.</summary>
public sealed record IoPriority
{
    /// <summary>The class.</summary>
    public IoPriorityClass Class { get; init; }

    /// <summary>0 to 7 within the class, 0 comes first; 0 for Idle, which has no levels.</summary>
    public int Level { get; init; }
}

/// <summary>What a child, or its whole group, may use. Null: no limit of ours.</summary>
public sealed record ResourceLimits
{
    /// <summary>Memory in bytes.</summary>
    public long? MemoryBytes { get; init; }

    /// <summary>CPU time for each process.</summary>
    public TimeSpan? CpuTime { get; init; }

    /// <summary>CPUs for the group, in thousandths of one.</summary>
    public int? CpuMillis { get; init; }

    /// <summary>Number of processes and threads.</summary>
    public int? Processes { get; init; }

    /// <summary>Number of open files for each process.</summary>
    public int? OpenFiles { get; init; }

    /// <summary>Size of any file written, in bytes.</summary>
    public long? FileSizeBytes { get; init; }

    /// <summary>Size of a core dump in bytes.</summary>
    public long? CoreDumpBytes { get; init; }
}
