using Osl.Interop.Linux;
using Osl.Operations;
using Osl.Operations.Processes;

namespace Osl.Executors.Linux;

/// <summary>
/// Which calls give a thread the context that a launch asks for, and in which order: first what needs the host's privileges, then the
/// account, last what the account has to be able to do itself.
/// </summary>
internal sealed unsafe class ContextCalls
{
    private const int CLONE_FS = 0x200;
    private const int CLONE_NEWNS = 0x20000;
    private const int CLONE_NEWPID = 0x20000000;
    private const int CLONE_NEWNET = 0x40000000;
    private const int MS_REC = 0x4000;
    private const int MS_PRIVATE = 0x40000;
    private const int AffinityBytes = 8192 / 8;
    private const int IoPriorityOfProcess = 1;
    private const int IoClassShift = 13;
    private const int StatxInode = 0x100;
    private const int StatxBytes = 256;
    private const int InodeAt = 32;
    private const int DeviceAt = 136;
    private const int OpenedSlot = 2;

    private readonly LaunchPlan _plan;
    private readonly SandboxConfig? _sandbox;
    private readonly HostPrivileges _host;
    private readonly bool _gateNeedsIt;
    private readonly bool _changesUser;
    private readonly bool _changesGroup;
    private readonly bool _changesGroups;
    private readonly ulong? _keep;
    private readonly ulong _drop;

    /// <param name="plan">What is asked for.</param>
    /// <param name="host">What the host may do.</param>
    /// <param name="noNewPrivileges">Whether a gate needs it that was forced by a test.</param>
    internal ContextCalls(LaunchPlan plan, HostPrivileges host, bool noNewPrivileges = false)
    {
        _gateNeedsIt = noNewPrivileges;
        _plan = plan;
        _sandbox = (plan.Sandbox as LinuxSandbox)?.Config;
        _host = host;
        if (plan.Account is { } account)
        {
            _changesUser = account.Uid != Libc.GetEuid() || account.Uid != Libc.GetUid();
            _changesGroup = account.Gid != Libc.GetEgid();
            _changesGroups = !ContextFacts.HostGroups().SetEquals([.. account.Groups, Libc.GetEgid()]);
        }

        if (plan.Privileges?.Capabilities is { } names)
        {
            _keep = names.Aggregate(0UL, (set, name) => set | (1UL << CapabilityNames.BitOf(name)));
            _drop = HostPrivileges.Bounding() & ~_keep.Value;
        }
    }

    /// <summary>Whether the thread gets other credentials than the host's.</summary>
    internal bool ChangesAccount => _changesUser || _changesGroup || _changesGroups;

    private bool NoNewPrivileges => _host.NoNewPrivileges || AsksForNoNewPrivileges;

    /// <summary>A sandbox brings it with it: an account without CAP_SYS_ADMIN may restrict itself only so.</summary>
    internal bool AsksForNoNewPrivileges => _gateNeedsIt || _sandbox is not null || _plan.Privileges is { NoNewPrivileges: true };

    private bool EndsAsRoot => (_plan.Account?.Uid ?? Libc.GetEuid()) == 0;

    /// <summary>Which privilege is lacking; null when none is.</summary>
    internal OperationError? Refusal()
    {
        var path = _plan.Executable.Facts.Path;
        if (_changesUser && !_host.Has(HostPrivileges.SetUid))
        {
            return HostPrivileges.Lacks($"starting '{path}' as {_plan.Account!.Name}", HostPrivileges.SetUid);
        }

        if ((_changesGroup || _changesGroups) && !_host.Has(HostPrivileges.SetGid))
        {
            return HostPrivileges.Lacks($"starting '{path}' with the groups of {_plan.Account!.Name}", HostPrivileges.SetGid);
        }

        if (_plan.Nice is { } nice && nice < Libc.NiceOfThread() && !_host.Has(HostPrivileges.SysNice) && nice < LowestNice())
        {
            return HostPrivileges.Lacks($"the nice value {nice} for '{path}', which is below the host's own", HostPrivileges.SysNice);
        }

        if (
            _plan.IoPriority is { Class: IoPriorityClass.RealTime }
            && !_host.Has(HostPrivileges.SysNice)
            && !_host.Has(HostPrivileges.SysAdmin)
        )
        {
            return HostPrivileges.Lacks($"real-time priority for disks for '{path}'", HostPrivileges.SysNice);
        }

        if (_plan.Containment == Containment.PidNamespace && !_host.Has(HostPrivileges.SysAdmin))
        {
            return HostPrivileges.Lacks($"a pid namespace for '{path}'", HostPrivileges.SysAdmin);
        }

        if (_keep is not { } keep)
        {
            return null;
        }

        if (_sandbox is not null && (keep & HostPrivileges.TakenBySandbox) is var seeing and not 0)
        {
            return new Unsupported(
                $"{CapabilityNames.Of(System.Numerics.BitOperations.TrailingZeroCount(seeing))} for '{path}' in a sandbox, which it would see through",
                "Leave that capability out, or the sandbox."
            );
        }

        if ((keep & ~_host.Permitted) is var missing and not 0)
        {
            return HostPrivileges.Lacks($"handing on a capability to '{path}'", System.Numerics.BitOperations.TrailingZeroCount(missing));
        }

        // Under no_new_privs what is in the bounding set can't come back.
        return _drop != 0 && !_host.Has(HostPrivileges.SetPcap) && !NoNewPrivileges
            ? HostPrivileges.Lacks($"taking capabilities from '{path}' for good (or ask for no_new_privs too)", HostPrivileges.SetPcap)
            : null;
    }

    /// <param name="program">Where they are written to.</param>
    /// <param name="gate">What holds the child; null for nothing.</param>
    /// <param name="rules">What it can reach; null for everything.</param>
    /// <param name="path">What the child executes.</param>
    /// <param name="argv">Its arguments.</param>
    internal void Write(RawProgram program, Gate? gate, LandlockRuleset? rules, byte* path, byte** argv)
    {
        if (_plan.Containment == Containment.PidNamespace)
        {
            // The mounts with it: it gets a /proc of its own, which nobody else is to see.
            program.Add((int)ContextStep.Namespaces, SyscallNumber.Unshare, CLONE_NEWPID | CLONE_NEWNS);
            program.Add((int)ContextStep.Namespaces, SyscallNumber.Mount, 0, program.Text("/"), 0, MS_REC | MS_PRIVATE);
        }

        if (_sandbox is { NoNetwork: true } && _host.Has(HostPrivileges.SysAdmin))
        {
            // Beside the filter on sockets, which is all that who lacks the capability gets: root has other ways (adr/0040-sandbox.md).
            program.Add((int)ContextStep.Network, SyscallNumber.Unshare, CLONE_NEWNET);
        }

        if (_plan.Umask is { } umask)
        {
            // Mask, directory and root are shared by all threads until then.
            program.Add((int)ContextStep.Share, SyscallNumber.Unshare, CLONE_FS);
            program.Add((int)ContextStep.Umask, SyscallNumber.Umask, umask);
        }

        if (_plan.Nice is { } nice)
        {
            program.Add((int)ContextStep.Nice, SyscallNumber.Setpriority, 0, 0, nice);
        }

        WriteAffinity(program);
        if (_plan.IoPriority is { } priority)
        {
            var value = (ClassOf(priority.Class) << IoClassShift) | priority.Level;
            program.Add((int)ContextStep.IoPriority, SyscallNumber.IoprioSet, IoPriorityOfProcess, 0, value);
        }

        if (AsksForNoNewPrivileges)
        {
            program.Add((int)ContextStep.NoNewPrivileges, SyscallNumber.Prctl, Libc.PR_SET_NO_NEW_PRIVS, 1);
        }

        gate?.Write(program, path, argv);
        WriteBounding(program);
        WriteAccount(program);
        WriteCapabilities(program);
        if (_changesUser)
        {
            WriteReach(program);
        }

        WriteSandbox(program, rules);
    }

    /// <summary>
    /// Without a list of its own the child has what the host has, less what sees through a sandbox. Under no_new_privs an exec brings nothing
    /// back, to root neither (execve(2)); and an account that is changed to has nothing to lose.
    /// </summary>
    private void WriteTaken(RawProgram program)
    {
        if (_keep is null && (_host.Permitted & HostPrivileges.TakenBySandbox) != 0 && (!_changesUser || EndsAsRoot))
        {
            var left = _host.Permitted & ~HostPrivileges.TakenBySandbox;
            WriteSets(program, left, left);
        }
    }

    /// <summary>Last: each call after it is one of the sandbox's own.</summary>
    private void WriteSandbox(RawProgram program, LandlockRuleset? rules)
    {
        if (_sandbox is null || rules is null)
        {
            return;
        }

        WriteTaken(program);
        var filter = SandboxFilter.Of(_sandbox).WriteTo(program);
        program.Add((int)ContextStep.SandboxFiles, SyscallNumber.LandlockRestrictSelf, rules.Number);
        program.Add((int)ContextStep.SandboxCalls, SyscallNumber.Seccomp, Libc.SECCOMP_SET_MODE_FILTER, 0, filter);
    }

    private void WriteAffinity(RawProgram program)
    {
        if (_plan.CpuAffinity.Count == 0)
        {
            return;
        }

        var asked = program.Memory(AffinityBytes);
        foreach (var cpu in _plan.CpuAffinity)
        {
            ((byte*)asked)[cpu / 8] |= (byte)(1 << (cpu % 8));
        }

        // The kernel leaves out, without a word, what is offline or not in our cpuset.
        var got = program.Memory(AffinityBytes);
        program.Add((int)ContextStep.Affinity, SyscallNumber.SchedSetaffinity, 0, AffinityBytes, asked);
        program.Add((int)ContextStep.Affinity, SyscallNumber.SchedGetaffinity, 0, AffinityBytes, got);
        program.AddCompare((int)ContextStep.Affinity, asked, got, AffinityBytes);
    }

    private void WriteBounding(RawProgram program)
    {
        if (!_host.Has(HostPrivileges.SetPcap))
        {
            return;
        }

        for (var bit = 0; bit < 64; bit++)
        {
            if ((_drop >> bit & 1) != 0)
            {
                program.Add((int)ContextStep.Bounding, SyscallNumber.Prctl, Libc.PR_CAPBSET_DROP, bit);
            }
        }
    }

    private void WriteAccount(RawProgram program)
    {
        if (_plan.Account is not { } account)
        {
            return;
        }

        if (_changesGroups)
        {
            var groups = program.Memory(Math.Max(1, account.Groups.Count) * sizeof(uint));
            for (var i = 0; i < account.Groups.Count; i++)
            {
                ((uint*)groups)[i] = account.Groups[i];
            }

            program.Add((int)ContextStep.Groups, SyscallNumber.Setgroups, account.Groups.Count, groups);
        }

        if (_changesGroup)
        {
            var gid = (nint)account.Gid;
            program.Add((int)ContextStep.Group, SyscallNumber.Setresgid, gid, gid, gid);
        }

        if (!_changesUser)
        {
            return;
        }

        if (_keep is not (null or 0) && !EndsAsRoot)
        {
            program.Add((int)ContextStep.KeepCapabilities, SyscallNumber.Prctl, Libc.PR_SET_KEEPCAPS, 1);
        }

        var uid = (nint)account.Uid;
        program.Add((int)ContextStep.User, SyscallNumber.Setresuid, uid, uid, uid);
    }

    private void WriteCapabilities(RawProgram program)
    {
        if (_keep is not { } keep)
        {
            return;
        }

        // Root gets the bounding set at its exec; everybody else what is ambient, which has to be inheritable.
        var inheritable = EndsAsRoot ? 0 : keep;
        WriteSets(program, keep, inheritable);
        program.Add((int)ContextStep.Ambient, SyscallNumber.Prctl, Libc.PR_CAP_AMBIENT, Libc.PR_CAP_AMBIENT_CLEAR_ALL);
        for (var bit = 0; bit < 64; bit++)
        {
            if ((inheritable >> bit & 1) != 0)
            {
                program.Add((int)ContextStep.Ambient, SyscallNumber.Prctl, Libc.PR_CAP_AMBIENT, Libc.PR_CAP_AMBIENT_RAISE, bit);
            }
        }
    }

    private static void WriteSets(RawProgram program, ulong keep, ulong inheritable)
    {
        var header = (int*)program.Memory(2 * sizeof(int));
        header[0] = Libc.CapabilityVersion3;
        var sets = (uint*)program.Memory(6 * sizeof(uint));
        for (var half = 0; half < 2; half++)
        {
            sets[(half * 3) + 0] = sets[(half * 3) + 1] = (uint)(keep >> (32 * half));
            sets[(half * 3) + 2] = (uint)(inheritable >> (32 * half));
        }

        program.Add((int)ContextStep.Capabilities, SyscallNumber.Capset, (nint)header, (nint)sets);
    }

    /// <summary>
    /// By its descriptor a program could be run from where the account may not go (knowledge/judged-is-run.md). So the account has to
    /// find the same file by the path.
    /// </summary>
    private void WriteReach(RawProgram program)
    {
        if (_plan.Executable is not LinuxExecutableLease { Descriptor: >= 0 } lease)
        {
            return;
        }

        var held = program.Memory(StatxBytes);
        var found = program.Memory(StatxBytes);
        var nothing = program.Text("");
        program.Add((int)ContextStep.Reach, SyscallNumber.Statx, lease.Descriptor, nothing, Libc.AT_EMPTY_PATH, StatxInode, held);
        program.Add(
            (int)ContextStep.Reach,
            SyscallNumber.Openat,
            Libc.AT_FDCWD,
            program.Text(lease.Facts.CanonicalPath),
            Libc.O_PATH | Libc.O_CLOEXEC,
            keep: OpenedSlot
        );
        program.Add((int)ContextStep.Reach, SyscallNumber.Statx, 0, nothing, Libc.AT_EMPTY_PATH, StatxInode, found, use: OpenedSlot);
        program.AddCompare((int)ContextStep.Same, held + InodeAt, found + InodeAt, sizeof(ulong));
        program.AddCompare((int)ContextStep.Same, held + DeviceAt, found + DeviceAt, sizeof(ulong));
        program.Add((int)ContextStep.Reach, SyscallNumber.Close, use: OpenedSlot);
    }

    private static int ClassOf(IoPriorityClass priority) =>
        priority switch
        {
            IoPriorityClass.RealTime => 1,
            IoPriorityClass.Idle => 3,
            _ => 2,
        };

    /// <summary>RLIMIT_NICE counts from 1, which stands for 19, to 40, which stands for -20.</summary>
    private static int LowestNice() => Libc.GetRlimit(Libc.RLIMIT_NICE, out var limit) == 0 && limit.Soft <= 40 ? 20 - (int)limit.Soft : 20;
}
