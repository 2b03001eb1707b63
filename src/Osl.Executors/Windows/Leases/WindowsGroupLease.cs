using Osl.Executors.Registry;
using Osl.Interop.Windows;
using Osl.Operations;
using Osl.Operations.Processes;

namespace Osl.Executors.Windows;

/// <summary>
/// A group, held by its job. Nobody leaves a job, so who is in it is certain, whether its leader lives or not.
/// </summary>
internal sealed class WindowsGroupLease(GroupRef group, Win32Handle job, WindowsWaits waits, ILaunchRegistry registry) : GroupLease(group)
{
    /// <summary>A member that makes others faster than they are looked up: a stop sequence's next step reaches them.</summary>
    private const int Rounds = 32;
    private const int WatchedAtOnce = 64;
    private static readonly uint ToAsk = ProcessHandle.ToQuery | Kernel32.SYNCHRONIZE;

    /// <summary>For a process that is to join.</summary>
    internal Win32Handle Job => job;

    /// <summary>By its number, and by its job: the number is somebody else's word. Also when that can't be told.</summary>
    internal bool IsProtected => HostGroup.IsProtected(Group.Id, isGroup: true, registry) || HostGroup.IsIn(job) != false;

    internal string Name => JobNames.Of(Group.Operation);

    /// <summary>Takes hold of a group: by the registry where only its number is known, then by its job's name.</summary>
    internal static OneOf<GroupLease, OperationError> Open(GroupTarget target, WindowsWaits waits, ILaunchRegistry registry)
    {
        var entry = target.Group is { } exact ? registry.FindGroup(exact) : registry.FindGroup(target.Pgid);
        if ((target.Group ?? entry?.Group) is not { } group || group.Id != target.Pgid || group.Id <= 0)
        {
            return Missing(target.Pgid);
        }

        if (!WindowsProcesses.IsOfHere(group.Leader))
        {
            return new StaleProcess($"{group}, which belongs to another system");
        }

        var job = Interop.Windows.Job.TryOpen(JobNames.Of(group.Operation), JobNames.ToHold, out var error);
        if (job is null)
        {
            return error == Win32Error.ERROR_ACCESS_DENIED ? WindowsSignals.OfError(error, group.ToString()) : Unnamed(group);
        }

        // The name is the operation's; the leader, as long as it lives, has to agree.
        using var leader = ProcessHandle.TryOpen(group.Leader.Pid, ToAsk, out _);
        var isThere = leader is not null && ProcessHandle.CreationTime(leader) == group.Leader.StartTime && !ProcessHandle.HasEnded(leader);
        if (isThere && Interop.Windows.Job.Contains(job, leader!) != true)
        {
            job.Dispose();
            return new StaleProcess($"{group}: the process that leads it is not in the job of its operation");
        }

        if (!isThere && WindowsProcesses.Members(job, group.Id) is { Count: 0 })
        {
            job.Dispose();
            return Missing(group.Id);
        }

        return new WindowsGroupLease(group, job, waits, registry) { Entry = entry?.Group == group ? entry : null };
    }

    /// <remarks>When the system does not tell, its leader stands for them: a group counts as empty only when it is known to be.</remarks>
    public override IReadOnlyList<ProcessState> Members() =>
        WindowsProcesses.Members(job, Group.Id)
        ?? [new ProcessState(Group.Leader, "", ParentPid: 0, Group.Id, Session: 0, Uid: -1, ProcessActivity.Unavailable)];

    /// <summary>Whether somebody but one process is in it; null when the system does not tell.</summary>
    internal bool? HasOthersThan(int pid) => WindowsProcesses.Members(job, Group.Id)?.Exists(member => member.Process.Pid != pid);

    public override OperationError? Signal(Signal signal)
    {
        var target = Group.ToString();
        if (IsProtected)
        {
            return HostGroup.Refuse(target);
        }

        if (!WindowsSignals.HasMeaning(signal))
        {
            return WindowsSignals.NoMeaning(signal, target);
        }

        if (signal == Operations.Processes.Signal.Kill)
        {
            if (Interop.Windows.Job.CountActive(job) == 0)
            {
                return new StaleProcess($"{target} has ended");
            }

            var error = Interop.Windows.Job.Terminate(job, WindowsSignals.KilledExitCode);
            return error == 0 ? null : WindowsSignals.OfError(error, target);
        }

        return signal == Operations.Processes.Signal.Stop ? StopAll(target) : SendTo(signal, target, []);
    }

    /// <remarks>Who is alive is looked up before this returns: begin to wait, then signal, and everybody is counted.</remarks>
    public override async Task<int> WaitUntilEmptyAsync(CancellationToken cancellationToken)
    {
        var seen = new HashSet<(int Pid, long Created)>();
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var held = HoldMembers(WatchedAtOnce, ToAsk, seen);
            try
            {
                if (held.Count == 0)
                {
                    if (WindowsProcesses.Members(job, Group.Id) is { Count: 0 })
                    {
                        return seen.Count;
                    }

                    // Another account's, which can't be waited for by us; or the system does not tell.
                    await waits.PauseAsync(cancellationToken).ConfigureAwait(false);
                }

                foreach (var member in held)
                {
                    await waits.WaitAsync(member.Handle, cancellationToken).ConfigureAwait(false);
                }
            }
            finally
            {
                Release(held);
            }
        }
    }

    public override void Dispose() => job.Dispose();

    private OperationError? StopAll(string target)
    {
        var done = new HashSet<int>();
        OperationError? last = null;
        for (var round = 0; round < Rounds; round++)
        {
            var before = done.Count;
            var error = SendTo(Operations.Processes.Signal.Stop, target, done);
            if (done.Count == before)
            {
                // Nobody new: all are done. Or nobody at all, or nobody knows.
                return round == 0 || error is not StaleProcess ? error : last;
            }

            last = error;
        }

        return last;
    }

    private OperationError? SendTo(Signal signal, string target, HashSet<int> done)
    {
        var held = HoldMembers(int.MaxValue, ToAsk | Kernel32.PROCESS_SUSPEND_RESUME, seen: null);
        try
        {
            if (held.Count == 0 && WindowsProcesses.Members(job, Group.Id) is null)
            {
                return new OperationFailed(
                    "signal_failed",
                    $"A signal to {target} failed: the system does not tell who is in it.",
                    "Try again; KILL does not need to know."
                );
            }

            var fresh = held.Where(member => member.Pid != Environment.ProcessId && done.Add(member.Pid)).ToArray();
            return WindowsSignals.Send(signal, fresh, Group.Id, target);
        }
        finally
        {
            Release(held);
        }
    }

    /// <summary>Opens members, and looks again whether they are some. Remembers all of them in <paramref name="seen"/>.</summary>
    private List<HeldProcess> HoldMembers(int most, uint access, HashSet<(int Pid, long Created)>? seen)
    {
        var held = new List<HeldProcess>();
        var members = WindowsProcesses.Members(job, Group.Id) ?? [];
        var table = access == ToAsk ? [] : ProcessTable.Read();
        foreach (var member in members)
        {
            seen?.Add((member.Process.Pid, member.Process.StartTime));
            if (held.Count >= most)
            {
                continue;
            }

            var handle = ProcessHandle.TryOpen(member.Process.Pid, access, out _);
            if (
                handle is not null
                && ProcessHandle.CreationTime(handle) == member.Process.StartTime
                && Interop.Windows.Job.Contains(job, handle) == true
            )
            {
                held.Add(new HeldProcess(member.Process.Pid, handle, table.GetValueOrDefault(member.Process.Pid)));
            }
            else
            {
                handle?.Dispose();
            }
        }

        return held;
    }

    private static void Release(List<HeldProcess> held)
    {
        foreach (var member in held)
        {
            member.Handle.Dispose();
        }
    }

    /// <summary>There is no job of the name: nobody keeps it any more.</summary>
    private static OperationError Unnamed(GroupRef group)
    {
        using var leader = ProcessHandle.TryOpen(group.Leader.Pid, ToAsk, out _);
        return leader is not null && ProcessHandle.CreationTime(leader) != group.Leader.StartTime
            ? new StaleProcess($"{group}: its leader has ended, and its pid belongs to another process by now")
            : Missing(group.Id);
    }

    private static NotFound Missing(int id) =>
        new($"a living process in group {id}", "It has ended, or never was; osl ps shows what runs.") { Thing = MissingThing.Group };
}
