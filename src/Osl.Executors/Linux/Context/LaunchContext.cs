using Osl.Interop.Linux;
using Osl.Operations;
using Osl.Operations.Processes;

namespace Osl.Executors.Linux;

/// <summary>
/// One launch with a context of its own: account, capabilities, priorities, mask, limits, containment.
/// </summary>
/// <remarks>
/// Constraints and scheme (adr/0034-launch-thread.md, adr/0035-gates.md):
/// <para>
/// Most of a context belongs to the thread that starts a process, and its children inherit it. So a thread is made for this one launch,
/// takes the context on by raw system calls, calls posix_spawn(3), and ends. Nothing of the host changes but, for as long as a thread
/// of another account lives, whether it may be traced (<see cref="Dumpable"/>).
/// </para>
/// <para>
/// The rest belongs to the process: limits, cgroup. It is set up by the thread that asked for the launch, while a <see cref="Gate"/>
/// holds the child inside posix_spawn.
/// </para>
/// <para>
/// What is lacking is told before anything starts, by the host's capabilities, not its uid. What the kernel refuses all the same ends
/// the launch at that call: the child is never started with less than was asked for.
/// </para>
/// </remarks>
internal sealed unsafe class LaunchContext : IDisposable
{
    private readonly LaunchPlan _plan;
    private readonly HostPrivileges _host;
    private readonly ContextCalls _calls;
    private readonly List<RequestedLimits.Entry> _limits;
    private readonly GateKind _asked;
    private readonly List<GateKind> _refused = [];
    private readonly LandlockRuleset? _rules;
    private readonly bool _mayGoUnheld;
    private GateKind _kind;
    private Gate? _gate;
    private bool _gateRefused;
    private OperationError? _firstRefusal;
    private PidFd? _held;
    private ProcLine _heldLine;
    private bool _kept;

    private LaunchContext(
        LaunchPlan plan,
        HostPrivileges host,
        ContextCalls calls,
        List<RequestedLimits.Entry> limits,
        GateKind kind,
        LandlockRuleset? rules,
        GateKind asked = GateKind.Any,
        bool mayGoUnheld = false
    )
    {
        _asked = asked;
        _mayGoUnheld = mayGoUnheld;
        _rules = rules;
        _plan = plan;
        _host = host;
        _calls = calls;
        _limits = limits;
        _kind = kind;
    }

    /// <summary>Why it failed, where posix_spawn's number would not tell.</summary>
    internal OperationError? Failure { get; private set; }

    /// <summary>The control groups of the launch; null where it needs none.</summary>
    internal Cgroup? Cgroup { get; private init; }

    /// <summary>Looks whether the host may do what is asked for. Starts nothing.</summary>
    internal static OneOf<LaunchContext, OperationError> Prepare(LaunchPlan plan, GateKind gates, GateNeed hold)
    {
        if (plan.Sandbox is not LinuxSandbox sandbox)
        {
            return Prepare(plan, gates, hold, rules: null);
        }

        if (!LandlockRuleset.Create(sandbox).TryPickT0(out var rules, out var refused))
        {
            return refused;
        }

        var prepared = Prepare(plan, gates, hold, rules);
        if (prepared.IsT1)
        {
            rules.Dispose();
        }

        return prepared;
    }

    private static OneOf<LaunchContext, OperationError> Prepare(LaunchPlan plan, GateKind gates, GateNeed hold, LandlockRuleset? rules)
    {
        var host = HostPrivileges.Read();
        var calls = new ContextCalls(plan, host, gates == GateKind.Seccomp && !host.Has(HostPrivileges.SysAdmin));
        var limits = RequestedLimits.WithinHost(RequestedLimits.Of(plan.Limits));
        if ((calls.Refusal() ?? RequestedLimits.Refusal(plan, host, limits)) is { } refusal)
        {
            return refusal;
        }

        var groupLimit = plan.Limits is { } asked ? RequestedLimits.OfGroup(asked) : null;
        var groups = groupLimit is not null || plan.Containment == Containment.Cgroup;
        if (limits.Count > 0 || groups || plan.Containment == Containment.PidNamespace)
        {
            hold = GateNeed.Needed;
        }

        if (hold == GateNeed.None)
        {
            return new LaunchContext(plan, host, calls, limits, GateKind.Any, rules);
        }

        var kind = GateChoice.Of(plan, host, calls, gates, refused: []);
        if (kind == GateKind.Any && hold == GateNeed.Needed)
        {
            return GateChoice.None(plan);
        }

        if (kind == GateKind.Shell && ShellGate.Refusal(plan) is { } unfit)
        {
            if (hold == GateNeed.Needed)
            {
                return unfit;
            }

            kind = GateKind.Any;
        }

        if (!groups)
        {
            return new LaunchContext(plan, host, calls, limits, kind, rules, gates, hold == GateNeed.Wanted);
        }

        if (!plan.OwnsGroup)
        {
            return new LimitUnavailable(groupLimit ?? "containment", "it is for a whole group, and none is made: start it in a new one");
        }

        return Cgroup
            .Create(plan.Operation, plan.Containment == Containment.Cgroup || CgroupTree.Own() is not null, plan.Limits)
            .TryPickT0(out var cgroup, out var refused)
            ? new LaunchContext(plan, host, calls, limits, kind, rules, gates) { Cgroup = cgroup }
            : refused;
    }

    /// <summary>The paths for a gate that executes by path; null for every other.</summary>
    internal LaunchPaths? OwnPaths(in LaunchPaths paths) =>
        _kind == GateKind.Shell ? paths with { Program = ShellGate.PathOf(_plan), OpenProgram = "" } : null;

    /// <summary>The child has begun: from now on its control groups are its own.</summary>
    internal void Keep() => _kept = true;

    /// <summary>What encloses the child beyond its group; null where nothing does.</summary>
    internal Enclosure? EnclosureOf(ProcessRef child) =>
        _plan.Containment == Containment.PidNamespace ? PidNamespaceEnclosure.Find(child) : Cgroup?.Enclosure;

    /// <summary>The terminal that the child opens as its own is granted to its sandbox.</summary>
    /// <param name="path">Its path; ends with NUL.</param>
    /// <returns>The error number, or 0.</returns>
    internal int AllowTerminal(byte[] path) => _rules?.AddTerminal(System.Text.Encoding.UTF8.GetString(path).TrimEnd('\0')) ?? 0;

    /// <summary>Makes a gate for one spawn, and gives the child what it needs for it.</summary>
    /// <param name="actions">The child's file actions.</param>
    /// <param name="first">The first number that the child does not use yet.</param>
    /// <returns>The error number, or 0.</returns>
    internal int Arm(ref SpawnActions actions, ref int first)
    {
        if (_kind == GateKind.Any)
        {
            return 0;
        }

        _gate?.Dispose();
        _gate = _kind switch
        {
            GateKind.Seccomp => new SeccompGate(),
            GateKind.Lease => new LeaseGate(),
            _ => ShellGate.Of(_plan),
        };
        var error = _gate.Arm(ref actions, ref first);
        _gateRefused = error != 0 && !DescriptorReserve.IsLack(error);
        return error;
    }

    /// <summary>
    /// After a start that failed: goes on to the next gate that fits, or to none where the launch need not be held, if it was the gate that
    /// this machine refuses. There is no child then.
    /// </summary>
    /// <returns>Whether another start may succeed.</returns>
    internal bool TryOtherGate()
    {
        if (!_gateRefused)
        {
            return false;
        }

        _gateRefused = false;
        _firstRefusal ??= Failure;
        _refused.Add(_kind);
        var next = GateChoice.Of(_plan, _host, _calls, _asked, _refused);
        next = next == GateKind.Shell && ShellGate.Refusal(_plan) is not null ? GateKind.Any : next;
        if (next == GateKind.Any && !_mayGoUnheld)
        {
            Failure = _firstRefusal;
            return false;
        }

        _kind = next;
        _gate?.Dispose();
        _gate = null;
        Failure = null;
        return true;
    }

    /// <summary>The last of the child's file actions.</summary>
    internal void AddWait(ref SpawnActions actions) => _gate?.AddWait(ref actions);

    /// <summary>Starts the program, and returns when its exec has succeeded or failed.</summary>
    /// <returns>The error number, or 0.</returns>
    internal int Start(byte* actions, byte* attributes, byte* path, byte** argv, byte** envp, out int pid)
    {
        pid = 0;
        Failure = null;
        _held?.Dispose();
        _held = null;
        using var program = new RawProgram();
        var progress = -1;
        try
        {
            if (_gate is not null)
            {
                progress = Libc.Eventfd(0, Libc.EFD_CLOEXEC);
                if (progress < 0)
                {
                    return Libc.LastError;
                }

                program.Progress = progress;
            }

            _gate?.Wrap(program, ref path, ref argv, ref envp);
            _calls.Write(program, _gate, _rules, path, argv);
            program.AddSpawn(path, actions, attributes, argv, envp);
            var error = Run(program);
            if (error != 0)
            {
                return error;
            }

            pid = program.Pid;
            return 0;
        }
        finally
        {
            if (progress >= 0)
            {
                _ = Libc.Close(progress);
            }
        }
    }

    /// <summary>The child as it was held on to while nobody could reap it; null when it was not held.</summary>
    /// <param name="line">What /proc said of it.</param>
    internal PidFd? TakeHeld(out ProcLine line)
    {
        line = _heldLine;
        var held = _held;
        _held = null;
        return held;
    }

    public void Dispose()
    {
        _held?.Dispose();
        _gate?.Dispose();
        _gate = null;
        _rules?.Dispose();
        if (!_kept)
        {
            Cgroup?.Kill();
            Cgroup?.Remove();
        }
    }

    private int Run(RawProgram program)
    {
        if (_calls.ChangesAccount)
        {
            Dumpable.Keep();
        }

        var held = _gate is null;
        try
        {
            if (program.TryStart() is not { } thread)
            {
                return Errno.EAGAIN;
            }

            try
            {
                held = held || Hold(program, _gate!);
            }
            finally
            {
                program.Join(thread);
            }
        }
        finally
        {
            if (_calls.ChangesAccount)
            {
                Dumpable.Restore();
            }
        }

        if (program.FailedStep is { } step)
        {
            Failure = ContextErrors.Describe((ContextStep)step, program.Error, _plan);
            _gateRefused = (ContextStep)step == ContextStep.Gate && !DescriptorReserve.IsLack(program.Error);
            return program.Error;
        }

        if (program.Error != 0)
        {
            return program.Error;
        }

        var execError = _gate?.ExecError ?? 0;
        if ((held || _mayGoUnheld) && Failure is null && execError == 0)
        {
            return 0;
        }

        // Ended before its first instruction, or, where the gate has not held, as soon as it is known.
        OwnChildren.Started(OwnChildren.Starting(), program.Pid);
        LinuxChild.Abandon(program.Pid, _plan.OwnsGroup);
        if (execError != 0)
        {
            return execError;
        }

        Failure ??= ContextErrors.NotHeld(_plan);
        return Errno.EPERM;
    }

    /// <summary>What is done while the child is held. Whatever happens, it is let go or ended.</summary>
    /// <returns>Whether it was held until now.</returns>
    private bool Hold(RawProgram program, Gate gate)
    {
        var pid = gate.AwaitHeld(program);
        if (pid == 0)
        {
            return false;
        }

        var ready = false;
        var held = false;
        _held = PidFd.TryOpen(pid, out _, spend: false);
        if (_held is not null && !ProcLine.TryRead(pid, out _heldLine, out _))
        {
            _heldLine = default;
        }

        try
        {
            Failure = Configure(pid);
            ready = Failure is null;
        }
        finally
        {
            held = gate.Release(pid, ready);
        }

        return held;
    }

    private OperationError? Configure(int pid) =>
        Cgroup?.Join(pid) ?? (_plan.Containment == Containment.PidNamespace ? NamespaceProc.Mount(pid) : null) ?? SetLimits(pid);

    /// <summary>Another account's process: CAP_SYS_RESOURCE, or a thread of that account (prlimit(2)).</summary>
    private OperationError? SetLimits(int pid) =>
        _limits.Count > 0 && _calls.ChangesAccount && !_host.Has(HostPrivileges.SysResource)
            ? ProcessLimits.SetAs(_plan.Account!, pid, _limits, _plan.Executable.Facts.Path)
            : ProcessLimits.Set(pid, _limits);
}
