using Osl.Interop.Linux;

namespace Osl.Executors;

/// <summary>Who this process is.</summary>
internal static class HostIdentity
{
    /// <summary>The effective uid; -1 on Windows.</summary>
    internal static long EffectiveUid { get; } = OperatingSystem.IsWindows() ? -1 : Libc.GetEuid();

    /// <summary>Whether it is root.</summary>
    internal static bool IsPrivileged => EffectiveUid == 0;
}
