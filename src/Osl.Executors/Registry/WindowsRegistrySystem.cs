using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;
using Osl.Executors.Windows;
using Osl.Interop.Files;
using Osl.Interop.Windows;
using Osl.Operations;
using Osl.Operations.Processes;

namespace Osl.Executors.Registry;

/// <summary>
/// The registry's needs on Windows: a host's file is open in a way that lets nobody else ask to delete it while the host lives, what
/// lives is asked of the process itself, and members are those of the operation's job (adr/0019-registry-on-windows.md).
/// </summary>
[SupportedOSPlatform("windows")]
internal sealed class WindowsRegistrySystem : IRegistrySystem
{
    private static readonly uint Look = ProcessHandle.ToQuery | Kernel32.SYNCHRONIZE;

    /// <summary>A creation time is a time of day: it means one process, in whatever boot.</summary>
    public string BootId => "";

    public long PidNamespace => 0;

    /// <summary>JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE.</summary>
    public bool EndsManagedItself => true;

    public OneOf<SlotHeader, OperationError> Identify()
    {
        using var self = ProcessHandle.Current();
        return ProcessHandle.CreationTime(self) is var start and > 0
            ? new SlotHeader(BootId, PidNamespace, Environment.ProcessId, start)
            : new Unsupported("a registry where this process can't be told its creation time", "Run on Windows 10 or newer.");
    }

    public OperationError? Prepare(string directory)
    {
        const string remedy =
            "Name a directory that is yours alone, on a drive of this machine, below directories that only you and administrators can change.";
        if (PrivateDirectory.Make(directory) is var unmade and not 0)
        {
            return new Unsupported($"a registry in '{directory}' ({Win32Error.Name(unmade)})", remedy);
        }

        var trust = TrustedPath.Examine(directory);
        if (!trust.IsTrusted)
        {
            return new Unsupported($"a registry in '{directory}': {trust.Describe()}", remedy);
        }

        using var handle = WindowsFile.Open(
            directory,
            Kernel32.READ_CONTROL | Kernel32.FILE_READ_ATTRIBUTES,
            WindowsFile.ShareAll,
            Kernel32.OPEN_EXISTING,
            security: null,
            out var error
        );
        return handle is null ? new Unsupported($"a registry in '{directory}' ({Win32Error.Name(error)})", remedy)
            : IsOursAlone(handle) ? null
            : new Unsupported($"a registry in '{directory}': it is not ours alone", remedy);
    }

    public OperationError? Create(string path, out SafeFileHandle? file)
    {
        // Whoever would remove it opens it with DELETE first, and can't, as long as this handle does not share that.
        const uint access = Kernel32.GENERIC_READ | Kernel32.GENERIC_WRITE | Kernel32.DELETE;
        file = WindowsFile.Open(path, access, Kernel32.FILE_SHARE_READ, Kernel32.CREATE_NEW, WindowsAccounts.PrivateFile, out var error);
        return error switch
        {
            0 or Win32Error.ERROR_FILE_EXISTS or Win32Error.ERROR_ALREADY_EXISTS => null,
            // A file of that name that is being removed is still there for others that have it open.
            Win32Error.ERROR_ACCESS_DENIED when Path.Exists(path) => null,
            _ => Failed(error),
        };
    }

    /// <summary>No guardian reads it, so it need not be a file.</summary>
    public OperationError? CreateUnnamed(out SafeFileHandle? file)
    {
        file = null;
        return null;
    }

    public OperationError? Extend(SafeFileHandle file, ReadOnlySpan<byte> content, long offset)
    {
        try
        {
            RandomAccess.Write(file, content, offset);
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Failed(e.HResult & 0xFFFF);
        }
    }

    public void Remove(SafeFileHandle file, string path) => _ = WindowsFile.Remove(file);

    public ForeignSlots? Open(string path)
    {
        // Refused while its host has it open; and once it is open so, no new host can make one of that name.
        var file = Open(path, Kernel32.GENERIC_READ | Kernel32.DELETE, out var error);
        var isDead = file is not null;
        file ??= error == Win32Error.ERROR_SHARING_VIOLATION ? Open(path, Kernel32.GENERIC_READ, out _) : null;
        if (file is null || (WindowsFile.IsRegular(file) && IsOursAlone(file)))
        {
            return file is null ? null : new ForeignSlots(file, isDead);
        }

        file.Dispose();
        return null;
    }

    /// <summary>False also for a process that our account may not look at: what we have started, we may.</summary>
    public bool IsAlive(int pid, long startTime)
    {
        using var process = ProcessHandle.TryOpen(pid, Look, out _);
        return process is not null && ProcessHandle.CreationTime(process) == startTime && !ProcessHandle.HasEnded(process);
    }

    public bool IsInGroup(int pid, long startTime, int pgid) => false;

    public IReadOnlyDictionary<OperationId, GroupMember> EldestMembers(IReadOnlyDictionary<OperationId, SlotContent> wanted)
    {
        Dictionary<OperationId, GroupMember> members = [];
        foreach (var (operation, content) in wanted)
        {
            using var job = OpenJob(operation);
            if (job is null)
            {
                continue;
            }

            if (WindowsProcesses.Members(job, content.Pgid) is not { } found)
            {
                // The system does not tell: whom the slot names stands for all of them.
                if (!content.IsPrepared)
                {
                    members[operation] = new GroupMember(content.Pid, content.Pgid, content.StartTime);
                }
            }
            else if (found.MinBy(member => member.Process.StartTime)?.Process is { } eldest)
            {
                members[operation] = new GroupMember(eldest.Pid, content.IsPrepared ? eldest.Pid : content.Pgid, eldest.StartTime);
            }
        }

        return members;
    }

    public IReadOnlyDictionary<int, int> CountMembers(IReadOnlyList<GroupEntry> entries)
    {
        Dictionary<int, int> counts = [];
        foreach (var entry in entries)
        {
            if (!entry.OwnsGroup || (entry.Attached && counts.ContainsKey(entry.Pgid)))
            {
                continue;
            }

            using var job = OpenJob(entry.Operation);
            // As a stop counts them: without the console's host, which is in the job and nobody's program.
            if (job is not null && WindowsProcesses.Members(job, entry.Pgid) is { } found)
            {
                counts[entry.Pgid] = found.Count;
            }
        }

        return counts;
    }

    private static Win32Handle? OpenJob(OperationId operation) => Job.TryOpen(JobNames.Of(operation), Kernel32.JOB_OBJECT_QUERY, out _);

    private static SafeFileHandle? Open(string path, uint access, out int error) =>
        WindowsFile.Open(path, access, WindowsFile.ShareAll, Kernel32.OPEN_EXISTING, security: null, out error);

    private static bool IsOursAlone(SafeFileHandle file) =>
        FileSecurityReader.Read(file, out var list) == 0 && WindowsAccounts.IsOursAlone(list);

    private static SpawnFailed Failed(int error) => RegistrySystem.Failed(error, Win32Error.Name(error));
}
