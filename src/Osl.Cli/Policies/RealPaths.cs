using Osl.Interop.Linux;

namespace Osl.Cli.Policies;

/// <summary>Where paths really lead.</summary>
internal static class RealPaths
{
    /// <summary>The path with every link followed, as the kernel does; null when nothing is there or it can't be looked at.</summary>
    internal static string? Of(string path)
    {
        var fd = Libc.Open(path, Libc.O_PATH | Libc.O_CLOEXEC, 0);
        if (fd < 0)
        {
            return null;
        }

        var real = Descriptor.RealPath(fd);
        _ = Libc.Close(fd);
        return real;
    }
}
