using Osl.Executors.Linux;
using Osl.Executors.Posix;
using Osl.Executors.Registry;
using Osl.Executors.Windows;

namespace Osl.Executors;

/// <summary>Chooses the executor of this platform.</summary>
internal static class PlatformFactory
{
    /// <summary>On Linux by what works here: pidfds, or else the fallback.</summary>
    /// <exception cref="PlatformNotSupportedException">Neither Linux nor Windows.</exception>
    internal static IPlatformExecutor Create(ExecutorOptions options, ILaunchRegistry registry) =>
        OperatingSystem.IsLinux() && (options.WithoutPidfds || !LinuxFeatures.HasPidfd) ? new PosixExecutor(options, registry)
        : OperatingSystem.IsLinux() ? new LinuxExecutor(options, registry)
        : OperatingSystem.IsWindows() ? new WindowsExecutor(options, registry)
        : throw new PlatformNotSupportedException("Osl runs on Linux and Windows. Other systems get an executor of their own later.");
}
