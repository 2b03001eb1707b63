namespace Osl.Executors.Linux;

/// <summary>Whether this is a container, as far as container engines tell: what is missing may be its doing.</summary>
internal static class ContainerProbe
{
    internal static Capability Read() =>
        new("container", Available: true, Sign() is { } sign ? $"in one ({sign}): its engine decides what is allowed" : "no sign of one");

    private static string? Sign() =>
        File.Exists("/.dockerenv") ? "/.dockerenv"
        : File.Exists("/run/.containerenv") ? "/run/.containerenv"
        : File.Exists("/run/systemd/container") ? "/run/systemd/container"
        : Environment.GetEnvironmentVariable("KUBERNETES_SERVICE_HOST") is { Length: > 0 } ? "KUBERNETES_SERVICE_HOST"
        : Environment.GetEnvironmentVariable("container") is { Length: > 0 } ? "the variable 'container'"
        : null;
}
