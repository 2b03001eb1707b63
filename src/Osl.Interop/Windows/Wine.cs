using System.Runtime.InteropServices;

namespace Osl.Interop.Windows;

/// <summary>Whether Windows is Wine. What it does otherwise stands in knowledge/windows-jobs-and-pipes.md.</summary>
internal static unsafe class Wine
{
    /// <summary>Wine's version; null on Windows.</summary>
    internal static string? Version { get; } = Find();

    internal static bool IsHere => Version is not null;

    private static string? Find() =>
        OperatingSystem.IsWindows()
        && NativeLibrary.TryLoad("ntdll.dll", typeof(Wine).Assembly, DllImportSearchPath.System32, out var ntdll)
        && NativeLibrary.TryGetExport(ntdll, "wine_get_version", out var address)
            ? Marshal.PtrToStringUTF8((nint)((delegate* unmanaged[Cdecl]<byte*>)address)())
            : null;
}
