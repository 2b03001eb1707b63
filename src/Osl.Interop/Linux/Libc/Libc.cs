using System.Runtime.InteropServices;

namespace Osl.Interop.Linux;

/// <summary>Native calls of the C library, one a file. Errors are errno values; see <see cref="Errno"/>.</summary>
internal static partial class Libc
{
    private const string Library = "libc";

    /// <summary>errno of the call just made on this thread.</summary>
    internal static int LastError => Marshal.GetLastPInvokeError();
}
