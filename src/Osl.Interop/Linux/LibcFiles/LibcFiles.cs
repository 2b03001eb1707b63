using System.Runtime.InteropServices;

namespace Osl.Interop.Linux;

/// <summary>Native calls about files and memory, one a file; the rest is in <see cref="Libc"/>.</summary>
internal static partial class LibcFiles
{
    private const string Library = "libc";

    internal const int AT_FDCWD = -100;

    /// <summary>errno of the call just made on this thread.</summary>
    internal static int LastError => Marshal.GetLastPInvokeError();
}
