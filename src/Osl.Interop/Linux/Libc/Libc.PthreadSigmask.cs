using System.Runtime.InteropServices;

namespace Osl.Interop.Linux;

internal static partial class Libc
{
    internal const int SIG_BLOCK = 0;
    internal const int SIG_SETMASK = 2;

    /// <summary>Size of sigset_t in glibc and musl.</summary>
    internal const int SigsetSize = 128;

    /// <summary>pthread_sigmask(3): the mask of this thread. Returns the error number.</summary>
    [LibraryImport(Library, EntryPoint = "pthread_sigmask")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    internal static unsafe partial int PthreadSigmask(int how, byte* set, byte* old);
}
