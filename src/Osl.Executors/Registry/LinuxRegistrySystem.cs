using System.Globalization;
using System.Runtime.Versioning;
using System.Text;
using Microsoft.Win32.SafeHandles;
using Osl.Executors.Linux;
using Osl.Interop.Files;
using Osl.Interop.Linux;
using Osl.Operations;
using Osl.Operations.Processes;

namespace Osl.Executors.Registry;

/// <summary>
/// The registry's needs on Linux: a host's file is locked while it lives, what lives is in /proc, and members carry their operation's
/// marker.
/// </summary>
/// <remarks>
/// The lock belongs to one open file description, which no process shares: it is closed on exec, and the guardian opens the file
/// anew. A child between vfork and exec keeps it a moment longer than its host lives, which only delays the host's being found dead.
/// </remarks>
[SupportedOSPlatform("linux")]
internal sealed class LinuxRegistrySystem : IRegistrySystem
{
    private const int PrivateMode = 0x180; // 0600

    private static readonly byte[] MarkerPrefix = Encoding.ASCII.GetBytes(OperationId.MarkerVariable + "=");

    public string BootId => ProcFs.BootId;

    public long PidNamespace => ProcFs.PidNamespace;

    public bool EndsManagedItself => false;

    public OneOf<SlotHeader, OperationError> Identify()
    {
        var pid = Environment.ProcessId;
        if (
            !ProcFs.TryReadStat(pid, out var self)
            || new FileInfo("/proc/self").LinkTarget is not { } link
            || !int.TryParse(link, CultureInfo.InvariantCulture, out var shown)
            || shown != pid
        )
        {
            return new Unsupported("a registry without the /proc of this pid namespace", "Mount procfs at /proc in this pid namespace.");
        }

        return new SlotHeader(ProcFs.BootId, ProcFs.PidNamespace, pid, self.StartTime);
    }

    public OperationError? Prepare(string directory)
    {
        const string remedy =
            "Name a directory that is yours alone (mode 0700), below directories that belong to root or you and are not writable by others.";
        try
        {
            OwnerDirectory.Make(directory);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return new Unsupported($"a registry in '{directory}' ({e.Message.TrimEnd('.')})", remedy);
        }

        var trust = TrustedPath.Examine(directory);
        if (!trust.IsTrusted)
        {
            return new Unsupported($"a registry in '{directory}': {trust.Describe()}", remedy);
        }

        return trust.Owner == Libc.GetEuid() && (trust.Mode & 0x3F) == 0
            ? null
            : new Unsupported($"a registry in '{directory}': it is not ours alone (mode {Convert.ToString(trust.Mode, 8)})", remedy);
    }

    public OperationError? Create(string path, out SafeFileHandle? file)
    {
        const int flags = Libc.O_RDWR | Libc.O_CREAT | Libc.O_EXCL | Libc.O_NOFOLLOW | Libc.O_CLOEXEC;
        file = null;
        var fd = Libc.Open(path, flags, PrivateMode);
        if (fd < 0)
        {
            return Libc.LastError is var error and not Errno.EEXIST ? Failed(error) : null;
        }

        var made = new SafeFileHandle(fd, ownsHandle: true);
        if (FileLock.Take(made, wait: true) is var errno and not 0)
        {
            _ = Libc.Unlink(path);
            made.Dispose();
            return Failed(errno);
        }

        // Between the open and the lock, who cleans up may have taken the empty file for a dead host's and removed it.
        if (IsNamed(made, path))
        {
            file = made;
        }
        else
        {
            made.Dispose();
        }

        return null;
    }

    public OperationError? CreateUnnamed(out SafeFileHandle? file)
    {
        var fd = Libc.MemfdCreate("osl-registry", Libc.MFD_CLOEXEC);
        file = fd < 0 ? null : new SafeFileHandle(fd, ownsHandle: true);
        return fd < 0 ? Failed(Libc.LastError) : null;
    }

    public OperationError? Extend(SafeFileHandle file, ReadOnlySpan<byte> content, long offset) =>
        Descriptor.WriteAll((int)file.DangerousGetHandle(), content, offset) is var errno and not 0 ? Failed(errno) : null;

    public void Remove(SafeFileHandle file, string path)
    {
        if (IsNamed(file, path))
        {
            _ = Libc.Unlink(path);
        }
    }

    public ForeignSlots? Open(string path)
    {
        if (RegularFile.TryOpen(path, Libc.O_RDWR | Libc.O_NOFOLLOW, out var status, out _) is not { } file)
        {
            return null;
        }

        if (status.OwnerUid != Libc.GetEuid() || (status.Permissions & 0x3F) != 0)
        {
            file.Dispose();
            return null;
        }

        // The lock first, then the look: nobody else removes the file while we judge it, and a dead host writes no more. Another
        // reader takes us for a living host meanwhile, which only makes it leave the cleaning to us.
        return new ForeignSlots(file, FileLock.Take(file, wait: false) == 0);
    }

    public bool IsAlive(int pid, long startTime) => ProcFs.TryReadStat(pid, out var stat) && stat.StartTime == startTime && stat.IsAlive;

    public bool IsInGroup(int pid, long startTime, int pgid) =>
        ProcFs.TryReadStat(pid, out var stat) && stat.StartTime == startTime && stat.IsAlive && stat.Pgid == pgid;

    /// <summary>One walk through /proc for all of them.</summary>
    public IReadOnlyDictionary<OperationId, GroupMember> EldestMembers(IReadOnlyDictionary<OperationId, SlotContent> wanted)
    {
        Dictionary<OperationId, GroupMember> members = [];
        foreach (var pid in ProcFs.Pids())
        {
            if (ProcFs.TryReadStat(pid, out var stat) && stat.IsAlive)
            {
                AddMember(stat, wanted, members);
            }
        }

        return members;
    }

    public IReadOnlyDictionary<int, int> CountMembers(IReadOnlyList<GroupEntry> entries)
    {
        var counts = new Dictionary<int, int>();
        foreach (var entry in entries)
        {
            if (entry.OwnsGroup)
            {
                counts[entry.Pgid] = 0;
            }
        }

        foreach (var pid in counts.Count == 0 ? [] : ProcFs.Pids())
        {
            if (ProcFs.TryReadStat(pid, out var stat) && stat.IsAlive && counts.TryGetValue(stat.Pgid, out var count))
            {
                counts[stat.Pgid] = count + 1;
            }
        }

        foreach (var entry in entries)
        {
            if (entry.Group is { } group && counts.ContainsKey(group.Id) && Enclosure.Find(group) is { } enclosure)
            {
                // Who has left the group and is held by its cgroup or namespace.
                counts[group.Id] += enclosure
                    .Pids()
                    .Count(pid => ProcFs.TryReadStat(pid, out var stat) && stat.IsAlive && stat.Pgid != group.Id);
            }
        }

        return counts;
    }

    private static void AddMember(
        in ProcLine stat,
        IReadOnlyDictionary<OperationId, SlotContent> wanted,
        Dictionary<OperationId, GroupMember> members
    )
    {
        // None: gone meanwhile, or another user's; no member that we could act on.
        var environment = ProcFile.RentEnvironment(stat.Pid, out var length);
        ReadOnlySpan<byte> rest = environment.AsSpan(0, length);
        for (var at = rest.IndexOf(MarkerPrefix); at >= 0; at = rest.IndexOf(MarkerPrefix))
        {
            var begins = at == 0 || rest[at - 1] == 0;
            rest = rest[(at + MarkerPrefix.Length)..];
            var end = rest.IndexOf((byte)0);
            var value = end < 0 ? rest : rest[..end];
            if (
                begins
                && value.Length == 32
                && OperationId.TryParse(Encoding.ASCII.GetString(value), out var operation)
                && wanted.TryGetValue(operation, out var content)
                && (content.IsPrepared || content.Pgid == stat.Pgid)
                && (!members.TryGetValue(operation, out var elder) || stat.StartTime < elder.StartTime)
            )
            {
                members[operation] = new GroupMember(stat.Pid, stat.Pgid, stat.StartTime);
            }
        }

        ProcFile.Return(environment);
    }

    /// <summary>Whether a path leads to this open file, and not to another one that took its place.</summary>
    private static bool IsNamed(SafeFileHandle file, string path) =>
        FileStatus.Read(file, out var open) == 0 && FileStatus.Read(path, out var named) == 0 && open.IsSameFile(named);

    private static SpawnFailed Failed(int errno) => RegistrySystem.Failed(errno, Errno.Name(errno));
}
