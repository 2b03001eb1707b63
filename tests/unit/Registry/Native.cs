using System.Runtime.InteropServices;
using Xunit;

namespace Osl.Tests.Unit.Registry;

internal static partial class Native
{
    internal static void Chmod(string path, int mode) => Assert.Equal(0, ChmodCore(path, mode));

    internal static void Chown(string path, uint uid) => Assert.Equal(0, ChownCore(path, uid, uid));

    internal static void Lchown(string path, uint uid) => Assert.Equal(0, LchownCore(path, uid, uid));

    internal static void Mkfifo(string path, int mode) => Assert.Equal(0, MkfifoCore(path, mode));

    [LibraryImport("libc", EntryPoint = "mkfifo", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int MkfifoCore(string path, int mode);

    [LibraryImport("libc", EntryPoint = "chmod", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int ChmodCore(string path, int mode);

    [LibraryImport("libc", EntryPoint = "chown", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int ChownCore(string path, uint uid, uint gid);

    [LibraryImport("libc", EntryPoint = "lchown", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int LchownCore(string path, uint uid, uint gid);
}
