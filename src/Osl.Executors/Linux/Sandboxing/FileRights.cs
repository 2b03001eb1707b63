namespace Osl.Executors.Linux;

/// <summary>What Landlock can refuse (landlock(7)): rights to files by the ABI that brought them.</summary>
internal static class FileRights
{
    internal const ulong Execute = 1 << 0;
    internal const ulong WriteFile = 1 << 1;
    internal const ulong ReadFile = 1 << 2;
    internal const ulong ReadDirectory = 1 << 3;
    internal const ulong RemoveDirectory = 1 << 4;
    internal const ulong RemoveFile = 1 << 5;
    internal const ulong MakeCharacterDevice = 1 << 6;
    internal const ulong MakeDirectory = 1 << 7;
    internal const ulong MakeFile = 1 << 8;
    internal const ulong MakeSocket = 1 << 9;
    internal const ulong MakeFifo = 1 << 10;
    internal const ulong MakeBlockDevice = 1 << 11;
    internal const ulong MakeLink = 1 << 12;
    internal const ulong Refer = 1 << 13;
    internal const ulong Truncate = 1 << 14;
    internal const ulong ControlDevice = 1 << 15;

    /// <summary>The lowest ABI that keeps a file from being changed: before, truncate(2) was free (Linux 6.2).</summary>
    internal const int LowestAbi = 3;

    /// <summary>The ABI that brought <see cref="ControlDevice"/> (Linux 6.10).</summary>
    private const int DeviceAbi = 5;

    /// <summary>Those that a single file has; a rule for one may hold no others.</summary>
    internal const ulong OfFile = Execute | WriteFile | ReadFile | Truncate | ControlDevice;

    internal const ulong Reading = ReadFile | ReadDirectory;

    internal const ulong Executing = Execute | ReadFile | ReadDirectory;

    /// <summary>No device: who could make one could reach any disk.</summary>
    internal const ulong Writing =
        WriteFile
        | Truncate
        | RemoveDirectory
        | RemoveFile
        | MakeDirectory
        | MakeFile
        | MakeSocket
        | MakeFifo
        | MakeLink
        | Refer
        | ControlDevice;

    /// <summary>
    /// What has to be withheld from Osl's own places where files are not limited otherwise: what is in them, and their names. Who may execute
    /// or list them learns nothing.
    /// </summary>
    internal const ulong OfOwnPlaces =
        ReadFile
        | WriteFile
        | Truncate
        | RemoveDirectory
        | RemoveFile
        | MakeCharacterDevice
        | MakeBlockDevice
        | MakeDirectory
        | MakeFile
        | MakeSocket
        | MakeFifo
        | MakeLink
        | Refer;

    /// <summary>All that an ABI knows.</summary>
    internal static ulong Of(int abi) => (ControlDevice - 1) | (abi >= DeviceAbi ? ControlDevice : 0);
}
