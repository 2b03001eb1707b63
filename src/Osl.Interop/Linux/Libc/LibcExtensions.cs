using System.Runtime.InteropServices;

namespace Osl.Interop.Linux;

/// <summary>
/// Functions that only some libcs have, looked up at run time. Through the main program's handle, since that finds whichever libc
/// the runtime itself is linked to, whatever its file is called.
/// </summary>
internal static unsafe class LibcExtensions
{
    private static readonly delegate* unmanaged<byte*, int, int> AddCloseFromPointer = (delegate* unmanaged<byte*, int, int>)Find(
        "posix_spawn_file_actions_addclosefrom_np"
    );

    private static readonly delegate* unmanaged<byte*, int, int> AddTcsetpgrpPointer = (delegate* unmanaged<byte*, int, int>)Find(
        "posix_spawn_file_actions_addtcsetpgrp_np"
    );

    /// <summary>glibc 2.34.</summary>
    internal static bool HasAddCloseFrom => AddCloseFromPointer is not null;

    /// <summary>glibc 2.35.</summary>
    internal static bool HasAddTcsetpgrp => AddTcsetpgrpPointer is not null;

    /// <summary>posix_spawn_file_actions_addclosefrom_np(3). Returns the error number.</summary>
    internal static int AddCloseFrom(byte* actions, int from) => AddCloseFromPointer(actions, from);

    /// <summary>posix_spawn_file_actions_addtcsetpgrp_np(3). Returns the error number.</summary>
    internal static int AddTcsetpgrp(byte* actions, int fd) => AddTcsetpgrpPointer(actions, fd);

    private static nint Find(string name) =>
        NativeLibrary.TryGetExport(NativeLibrary.GetMainProgramHandle(), name, out var address) ? address : 0;
}
