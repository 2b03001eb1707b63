using System.Runtime.InteropServices;

namespace Osl.Interop.Linux;

internal static partial class Libc
{
    internal const nint SIG_DFL = 0;
    internal const nint SIG_IGN = 1;
    internal const int SA_NOCLDWAIT = 2;

    /// <summary>struct sigaction on x86-64 and arm64, glibc and musl: 152 bytes, handler at 0, mask at 8, flags at 136.</summary>
    internal const int SigactionSize = 152;

    /// <summary>sigaction(2).</summary>
    [LibraryImport(Library, EntryPoint = "sigaction", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    internal static unsafe partial int Sigaction(int signal, byte* action, byte* old);
}
