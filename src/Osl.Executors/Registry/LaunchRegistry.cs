using Osl.Executors.Linux;
using Osl.Interop.Linux;
using Osl.Operations;
using Osl.Operations.Processes;

namespace Osl.Executors.Registry;

/// <summary>
/// The registry of one host. One file of fixed lines is all of it: what other hosts list, and what the guardian acts on
/// when this host is gone (adr/0009-registry-and-guardian.md).
/// </summary>
/// <remarks>
/// <para>
/// An entry's way is <c>F → P → L or D → F</c>. <see cref="Reserve"/> writes the operation and publishes <c>P</c> before there is a
/// process; <see cref="IRegistration.Started"/> adds pid, pgid and start time and publishes <c>L</c>, or <c>D</c> for a Detached
/// one; <see cref="IRegistration.Ended"/> publishes <c>F</c>. Each step is one byte stored after everything it speaks of, so a host
/// killed between any two instructions leaves a line that is true: with P the guardian looks for the marker, with L for the process.
/// </para>
/// <para>
/// A kill between spawn and exec is covered by the socket, not by the file: the child shares the host's end of it until its exec,
/// so the guardian hears of the end only when every child begun has its marker (knowledge/guardian.md).
/// </para>
/// <para>
/// One short lock guards slots, mapping and table. Holding it means some two hundred bytes of memory written, except when the file
/// grows (once in 256 entries) and when the guardian is brought up. Our own entries are listed from memory, where names are whole.
/// </para>
/// </remarks>
internal sealed class LaunchRegistry : ILaunchRegistry
{
    private readonly Lock _gate = new();
    private readonly TimeProvider _time;
    private readonly string? _directory;
    private readonly IRegistrySystem _system;
    private readonly SlotFile _file;
    private readonly Stack<int> _free = new();
    private Registration?[] _bySlot = [];
    private readonly GuardianKeeper _guardian;
    private bool _closed;

    private LaunchRegistry(IRegistrySystem system, SlotFile file, string? directory, TimeProvider time, Action<GuardianLoss>? guardianLost)
    {
        _system = system;
        _file = file;
        _directory = directory;
        _time = time;
        _guardian = new GuardianKeeper(() => file.Descriptor, HoldsManaged, time) { Lost = guardianLost };
        TakeNewSlots(0);
    }

    /// <summary>The guardian's pid while there is one; 0 before the first Managed entry.</summary>
    internal int GuardianPid => _guardian.Pid;

    /// <inheritdoc/>
    public bool? IsGuarded => _guardian.IsAlive;

    /// <summary>Opens the registry of this host and removes what dead hosts left.</summary>
    /// <param name="directory">Absolute; made if missing. Null keeps it in memory, where other hosts don't see it.</param>
    /// <param name="time">The clock of <see cref="GroupEntry.StartedAt"/>.</param>
    /// <param name="guardianLost">Told when the guardian has ended before its time.</param>
    /// <returns>Unsupported when the directory is not private and trusted, or /proc is not there; SpawnFailed when it can't be written.</returns>
    internal static OneOf<LaunchRegistry, OperationError> Open(
        string? directory,
        TimeProvider time,
        Action<GuardianLoss>? guardianLost = null
    )
    {
        var system = RegistrySystem.Current;
        if (!system.Identify().TryPickT0(out var header, out var unknown))
        {
            return unknown;
        }

        if (!SlotFile.Create(system, directory, header).TryPickT0(out var file, out var error))
        {
            return error;
        }

        var registry = new LaunchRegistry(system, file, directory, time, guardianLost);
        _ = registry.OfOthers();
        return registry;
    }

    /// <inheritdoc/>
    public OneOf<IRegistration, OperationError> Reserve(IRegistryPlan plan)
    {
        if (!Enter(plan).TryPickT0(out var registration, out var refused))
        {
            return refused;
        }

        // After the entry: a guardian that is lost from now on is followed by another, since somebody needs it.
        if (plan.Lifetime == ProcessLifetime.Managed && !_system.EndsManagedItself && _guardian.BringUp() is { } unguarded)
        {
            registration.Ended();
            return unguarded;
        }

        return OneOf<IRegistration, OperationError>.FromT0(registration);
    }

    private OneOf<Registration, OperationError> Enter(IRegistryPlan plan)
    {
        lock (_gate)
        {
            if (_closed)
            {
                return Closed();
            }

            if (_free.Count == 0)
            {
                var slots = _file.Slots;
                if (_file.Grow() is { } full)
                {
                    return full;
                }

                TakeNewSlots(slots);
            }

            var slot = _free.Pop();
            var registration = new Registration(this, slot, plan, _time.GetUtcNow());
            _bySlot[slot] = registration;
            var line = _file.Line(slot);
            SlotLine.WriteReservation(
                line,
                registration.Operation.ToString(),
                registration.Detached,
                registration.StartedAt.ToUnixTimeMilliseconds(),
                registration.Principal,
                registration.Program,
                registration.IsAttached
            );
            SlotLine.Publish(line, SlotLine.Prepared);
            return registration;
        }
    }

    /// <inheritdoc/>
    public void WatchGuardianWith(Func<Guardian, Task> wait) => _guardian.WatchWith(wait);

    /// <inheritdoc/>
    public IReadOnlyList<GroupEntry> Live()
    {
        var own = Own(_ => true);
        var others = OfOthers();
        var all = new List<GroupEntry>(own.Count + others.Count);
        all.AddRange(own);
        all.AddRange(others.Select(found => found.ToEntry()));
        return all;
    }

    /// <inheritdoc/>
    /// <remarks>
    /// An entry of our own that has not ended is followed to the end of its group, by the leader's pidfd or the job: it counts as it stands. The
    /// markers of its members would not do, for a program may write over its environment (nginx's workers do).
    /// </remarks>
    public GroupEntry? FindGroup(int pgid) =>
        Followed(pgid)
        ?? OfOthers()
            .Where(found => found.Content.OwnsGroup && found.Content.Pgid == pgid)
            .OrderBy(found => found.Content.Attached)
            .FirstOrDefault()
            ?.ToEntry()
        ?? Own(registration => registration.OwnsGroup && registration.Pgid == pgid).FirstOrDefault();

    /// <summary>The youngest, should the end of an older one that had the number not be noticed yet.</summary>
    private GroupEntry? Followed(int pgid)
    {
        lock (_gate)
        {
            return
                _bySlot
                    .Where(registration =>
                        registration is { Process: not null, OwnsGroup: true, IsAttached: false } && registration.Pgid == pgid
                    )
                    .MaxBy(registration => registration!.StartedAt)
                    ?.Content()
                    is { } content
                ? new LiveScan.Found(content, Environment.ProcessId, Source: null).ToEntry()
                : null;
        }
    }

    /// <inheritdoc/>
    public GroupEntry? FindProcess(int pid) =>
        Own(registration => registration.Process!.Pid == pid && !registration.IsAttached).Find(Runs)
        ?? OfOthers()
            .Where(found => found.Content.Pid == pid)
            .OrderBy(found => found.Content.Attached)
            .Select(found => found.ToEntry())
            .FirstOrDefault(Runs)
        ?? Own(registration => registration.Process!.Pid == pid).Find(Runs);

    /// <inheritdoc/>
    public IReadOnlyDictionary<int, int> CountMembers(IReadOnlyList<GroupEntry> entries) => _system.CountMembers(entries);

    /// <summary>
    /// Lets the guardian go, which ends what is Managed and still lives, and waits for it; takes the file away unless somebody of it
    /// is alive, a Detached one: then it stays, unlocked, for other hosts to see.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        lock (_gate)
        {
            if (_closed)
            {
                return;
            }

            _closed = true;
        }

        await _guardian.LetGoAsync().ConfigureAwait(false);
        var leavesNobody = Own(_ => true).Count == 0;
        lock (_gate)
        {
            _file.Close(remove: leavesNobody);
        }
    }

    private bool Runs(GroupEntry entry) => _system.IsAlive(entry.Process.Pid, entry.Process.StartTime);

    internal static OperationFailed Closed() =>
        new("host_closing", "This host is being closed and starts nothing more.", "Start it from a host that runs.");

    private bool HoldsManaged()
    {
        lock (_gate)
        {
            return Array.Exists(_bySlot, registration => registration is { Detached: false });
        }
    }

    private void TakeNewSlots(int had)
    {
        Array.Resize(ref _bySlot, _file.Slots + 1);
        for (var slot = _file.Slots; slot > had; slot--)
        {
            _free.Push(slot);
        }
    }

    private List<LiveScan.Found> OfOthers() => _directory is null ? [] : OtherHosts.Living(_directory, _file.Path);

    private List<GroupEntry> Own(Func<Registration, bool> wanted)
    {
        List<SlotContent> entries = [];
        List<SlotContent> joined = [];
        lock (_gate)
        {
            foreach (var registration in _bySlot)
            {
                if (registration is { Process: not null } && wanted(registration))
                {
                    entries.Add(registration.Content());
                }
            }

            // Only for a group it matters who has joined it.
            foreach (var registration in entries.Exists(entry => entry.OwnsGroup) ? _bySlot : [])
            {
                if (registration is { Process: not null, OwnsGroup: false, IsAttached: false })
                {
                    joined.Add(registration.Content());
                }
            }
        }

        // Outside the lock: it asks the system.
        var scan = new LiveScan(_system);
        foreach (var entry in entries)
        {
            scan.Add(entry, Environment.ProcessId, source: null);
        }

        joined.ForEach(entry => scan.AddJoined(entry));

        return scan.Complete().ConvertAll(found => found.ToEntry());
    }

    private void Started(Registration registration, ProcessRef process, int pgid)
    {
        lock (_gate)
        {
            // After Ended the slot may be somebody else's; after the end of the registry there is no mapping.
            if (_closed || !ReferenceEquals(_bySlot[registration.Slot], registration))
            {
                return;
            }

            registration.Run(process, pgid);
            var line = _file.Line(registration.Slot);
            SlotLine.WriteProcess(line, process.Pid, pgid, process.StartTime, registration.OwnsGroup);
            SlotLine.Publish(line, registration.Detached ? SlotLine.LiveDetached : SlotLine.Live);
        }
    }

    private void Detached(Registration registration)
    {
        lock (_gate)
        {
            registration.Detached = true;
            if (!_closed && ReferenceEquals(_bySlot[registration.Slot], registration))
            {
                SlotLine.Publish(_file.Line(registration.Slot), SlotLine.LiveDetached);
            }
        }
    }

    private void Ended(Registration registration)
    {
        lock (_gate)
        {
            if (!ReferenceEquals(_bySlot[registration.Slot], registration))
            {
                return;
            }

            _bySlot[registration.Slot] = null;
            if (_closed)
            {
                // The mapping may be gone. The line is not cleared; whoever reads it finds its process dead.
                return;
            }

            SlotLine.Publish(_file.Line(registration.Slot), SlotLine.Free);
            _free.Push(registration.Slot);
        }
    }

    private sealed class Registration(LaunchRegistry registry, int slot, IRegistryPlan plan, DateTimeOffset now) : IRegistration
    {
        internal int Slot { get; } = slot;

        internal OperationId Operation { get; } = plan.Operation;

        internal string Principal { get; } = plan.Context.Principal.Name;

        internal string Program { get; } = plan.Program;

        internal bool Detached { get; set; } = plan.Lifetime == ProcessLifetime.Detached;

        internal bool IsAttached { get; } = plan.IsAttached;

        internal bool OwnsGroup { get; private set; } = plan.OwnsGroup;

        internal DateTimeOffset StartedAt { get; } = now;

        internal ProcessRef? Process { get; private set; }

        internal int Pgid { get; private set; }

        public void Started(ProcessRef process, int pgid) => registry.Started(this, process, pgid);

        void IRegistration.Detached() => registry.Detached(this);

        public void Ended() => registry.Ended(this);

        internal void Run(ProcessRef process, int pgid)
        {
            Process = process;
            Pgid = pgid;
            // The guardian signals a whole group only where the leader's pid proves it; a claim beyond that is dropped here.
            OwnsGroup &= pgid == process.Pid;
        }

        internal SlotContent Content() =>
            new(Operation, Detached ? SlotLine.LiveDetached : SlotLine.Live)
            {
                Pid = Process!.Pid,
                Pgid = Pgid,
                StartTime = Process.StartTime,
                OwnsGroup = OwnsGroup,
                Attached = IsAttached,
                Detached = Detached,
                EpochMilliseconds = StartedAt.ToUnixTimeMilliseconds(),
                Principal = Principal,
                Program = Program,
            };
    }
}
