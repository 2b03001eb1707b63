using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Osl.Operations;
using Osl.Operations.Processes;

namespace Osl.Executors.Registry;

/// <summary>
/// What the registry asks of the operating system: files that tell whether their host lives, and who is alive. All else, the lines
/// and their order, is the same everywhere (adr/0019-registry-on-windows.md).
/// </summary>
internal interface IRegistrySystem
{
    /// <summary>Names this boot of the machine; empty where a start time means one process for ever.</summary>
    string BootId { get; }

    /// <summary>Names the pids that ours is one of; 0 where there is only one such set.</summary>
    long PidNamespace { get; }

    /// <summary>Whether the system ends what is Managed when the host is gone, so that no guardian is needed.</summary>
    bool EndsManagedItself { get; }

    /// <summary>Who this host is; an error where its own numbers can't be relied on.</summary>
    OneOf<SlotHeader, OperationError> Identify();

    /// <summary>Makes the directory if it is missing.</summary>
    /// <returns>Null when it can be relied on.</returns>
    OperationError? Prepare(string directory);

    /// <summary>Makes this host's file, private, that counts as a living host's as long as it is open.</summary>
    /// <param name="path">Its path.</param>
    /// <param name="file">Null, without an error, when the name is taken.</param>
    OperationError? Create(string path, out SafeFileHandle? file);

    /// <summary>Makes a file without a name.</summary>
    /// <param name="file">Null, without an error, when plain memory will do.</param>
    OperationError? CreateUnnamed(out SafeFileHandle? file);

    /// <summary>Writes the first content of a part of the file that is new, so that there is room for all that is stored there later.</summary>
    OperationError? Extend(SafeFileHandle file, ReadOnlySpan<byte> content, long offset);

    /// <summary>Takes the file's name away, if it still is this file's. It must not be mapped any more.</summary>
    void Remove(SafeFileHandle file, string path);

    /// <summary>Opens a file to look at; null when it is not a private regular file of ours, or can't be opened.</summary>
    ForeignSlots? Open(string path);

    /// <summary>Whether the process of that pid and start time is alive.</summary>
    bool IsAlive(int pid, long startTime);

    /// <summary>Whether the process of that pid and start time is alive and in a group; false where the group itself tells who is in it.</summary>
    bool IsInGroup(int pid, long startTime, int pgid);

    /// <summary>Of each of these operations whose own process is gone, or was never told: the eldest member that is alive, if any.</summary>
    IReadOnlyDictionary<OperationId, GroupMember> EldestMembers(IReadOnlyDictionary<OperationId, SlotContent> wanted);

    /// <inheritdoc cref="IGroupRegistry.CountMembers"/>
    IReadOnlyDictionary<int, int> CountMembers(IReadOnlyList<GroupEntry> entries);
}

/// <summary>A file of another host, open.</summary>
/// <param name="File">To read.</param>
/// <param name="IsDead">Whether its host is, and nobody else can take the file's name over while this is open.</param>
internal sealed record ForeignSlots(SafeFileHandle File, bool IsDead);

/// <summary>A living member of a group.</summary>
/// <param name="Pid">Which process.</param>
/// <param name="Pgid">Its group.</param>
/// <param name="StartTime">When it started.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct GroupMember(int Pid, int Pgid, long StartTime);

/// <summary>Chooses the system's part.</summary>
internal static class RegistrySystem
{
    private static readonly IRegistrySystem? Found =
        OperatingSystem.IsLinux() ? new LinuxRegistrySystem()
        : OperatingSystem.IsWindows() ? new WindowsRegistrySystem()
        : null;

    internal static bool IsSupported => Found is not null;

    /// <exception cref="PlatformNotSupportedException">Neither Linux nor Windows.</exception>
    internal static IRegistrySystem Current => Found ?? throw new PlatformNotSupportedException("There is no registry on this platform.");

    internal static SpawnFailed Failed(int code, string name) =>
        new(
            "the program, since the registry of live groups can't be written",
            code,
            name,
            "Make room in the registry's directory, or allow more open files and memory."
        );
}
