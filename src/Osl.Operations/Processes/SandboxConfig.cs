namespace Osl.Operations.Processes;

/// <summary>
/// What a child, and whoever it starts, can reach. Whatever it says, Osl's own policy, keys, journal and registry are out of reach, set-uid
/// programs gain it nothing, and some calls are refused (<see cref="SystemCallClasses.AlwaysRefused"/>). What each part does not cover stands in
/// knowledge/sandbox.md.
/// </summary>
/// <remarks>
/// Paths are taken as the kernel finds them at the start, symbolic links followed, relative ones from the child's working directory; each
/// stands for a file, or a directory and all in it. Without any path of the three kinds files are not limited; with one, whatever is not
/// named is out of reach, the program itself included.
/// </remarks>
public sealed record SandboxConfig
{
    /// <summary>The most paths of one kind: 1,024.</summary>
    public const int MostPaths = 1024;

    /// <summary>Paths it may read and list. Nothing more: a program among them can't be executed.</summary>
    public ValueList<string> ReadPaths { get; init; }

    /// <summary>Paths it may write, make, rename and remove things in. Not read: name it there too. No device can be made in them.</summary>
    public ValueList<string> WritePaths { get; init; }

    /// <summary>
    /// Paths it may execute, and read, since programs read their libraries and interpreters their scripts. The program, its
    /// interpreter and its loader have to be among them.
    /// </summary>
    public ValueList<string> ExecutePaths { get; init; }

    /// <summary>Whether it is cut off from the network, and from sockets of every other kind but pairs among its own processes.</summary>
    public bool NoNetwork { get; init; }

    /// <summary>Classes of system calls that are refused: some of <see cref="SystemCallClasses.All"/>.</summary>
    public ValueList<string> RefusedSystemCalls { get; init; }
}

/// <summary>The classes of system calls that a sandbox can refuse (<see cref="SandboxConfig.RefusedSystemCalls"/>). A refused call answers EPERM.</summary>
public static class SystemCallClasses
{
    /// <summary>Programs in the kernel: bpf(2). Refused in every sandbox.</summary>
    public const string Bpf = "bpf";

    /// <summary>Setting the clock: settimeofday, clock_settime, clock_adjtime, adjtimex.</summary>
    public const string Clock = "clock";

    /// <summary>System calls by a queue that no filter sees: io_uring_setup, io_uring_enter, io_uring_register.</summary>
    public const string IoUring = "io_uring";

    /// <summary>Keys that the kernel keeps: add_key, request_key, keyctl.</summary>
    public const string Keyring = "keyring";

    /// <summary>Another kernel: kexec_load, kexec_file_load. Refused in every sandbox.</summary>
    public const string Kexec = "kexec";

    /// <summary>Modules of the kernel: init_module, finit_module, delete_module. Refused in every sandbox.</summary>
    public const string Module = "module";

    /// <summary>
    /// File systems, their roots, swap and quotas: mount, umount2, pivot_root, chroot, open_tree, move_mount, fsopen, fsconfig, fsmount, fspick,
    /// mount_setattr, open_tree_attr, swapon, swapoff, quotactl, quotactl_fd, acct.
    /// </summary>
    public const string Mount = "mount";

    /// <summary>Namespaces: setns, and unshare and clone where they make one; clone3, which a filter can't look into, answers ENOSYS.</summary>
    public const string Namespace = "namespace";

    /// <summary>Measuring the system: perf_event_open.</summary>
    public const string Perf = "perf";

    /// <summary>Looking into other processes: ptrace, process_vm_readv, process_vm_writev, process_madvise, pidfd_getfd, kcmp.</summary>
    public const string Ptrace = "ptrace";

    /// <summary>Ports of the machine: iopl, ioperm (x86-64). Refused in every sandbox.</summary>
    public const string RawIo = "raw_io";

    /// <summary>Turning the machine off: reboot.</summary>
    public const string Reboot = "reboot";

    /// <summary>Handling the faults of other memory: userfaultfd.</summary>
    public const string UserFault = "userfault";

    /// <summary>All of them, sorted.</summary>
    public static ValueList<string> All { get; } =
    [Bpf, Clock, IoUring, Kexec, Keyring, Module, Mount, Namespace, Perf, Ptrace, RawIo, Reboot, UserFault];

    /// <summary>Those that every sandbox refuses: by them a privileged child could undo what the kernel enforces.</summary>
    public static ValueList<string> AlwaysRefused { get; } = [Bpf, Kexec, Module, RawIo];
}
