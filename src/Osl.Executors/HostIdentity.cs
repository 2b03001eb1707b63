using Osl.Interop.Linux;

namespace Osl.Executors;

/// <summary>Who this process is.</summary>
internal static class HostIdentity
{
    /// <summary>The effective uid; -1 on Windows.</summary>
    internal static long EffectiveUid { get; } = OperatingSystem.IsWindows() ? -1 : Libc.GetEuid();

    /// <summary>Whether it is root; on Windows whether its token is elevated.</summary>
    internal static bool IsPrivileged { get; } = OperatingSystem.IsWindows() ? Environment.IsPrivilegedProcess : EffectiveUid == 0;
}
