using Osl.Executors.Registry;

namespace Osl.Executors;

internal static class PlatformFactory
{
    internal static ILaunchRegistry CreateRegistry(string? directory, TimeProvider time) => throw new PlatformNotSupportedException();

    internal static IPlatformExecutor Create(ExecutorOptions options, ILaunchRegistry registry) =>
        throw new PlatformNotSupportedException();
}
