using System.Runtime.InteropServices;

namespace Osl.Interop.Linux;

/// <summary>
/// Native calls by which one helper process is started, watched and waited for, one a file; the rest is in <see cref="Libc"/>.
/// </summary>
internal static partial class LibcGuardian
{
    private const string Library = "libc";

    /// <summary>errno of the call just made on this thread.</summary>
    internal static int LastError => Marshal.GetLastPInvokeError();
}
