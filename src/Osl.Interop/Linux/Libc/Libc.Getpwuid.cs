using System.Runtime.InteropServices;

namespace Osl.Interop.Linux;

internal static partial class Libc
{
    /// <summary>getpwuid_r(3), as <see cref="GetPasswordByName"/>.</summary>
    [LibraryImport(Library, EntryPoint = "getpwuid_r")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    internal static unsafe partial int GetPasswordById(uint uid, PasswordEntry* entry, byte* buffer, nint length, PasswordEntry** result);
}
