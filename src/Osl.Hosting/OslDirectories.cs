using Osl.Executors;

namespace Osl.Hosting;

/// <summary>
/// Where Osl keeps things when nobody says otherwise: the system's directories for root, those of the XDG Base Directory
/// Specification for everybody else, below LocalApplicationData on Windows.
/// </summary>
public static class OslDirectories
{
    /// <summary>The policy that always applies where it exists.</summary>
    public const string SystemPolicyFile = "/etc/osl/policy.yaml";

    /// <summary>
    /// Whether there is something in the place of the system's policy. Only what is certainly absent is: a file that can't be looked
    /// at, a directory or a dangling link must not be taken for none.
    /// </summary>
    public static bool HasSystemPolicy
    {
        get
        {
            if (OperatingSystem.IsWindows())
            {
                return false;
            }

            try
            {
                _ = File.GetAttributes(SystemPolicyFile);
                return true;
            }
            catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
            {
                return false;
            }
            catch (Exception e) when (e is UnauthorizedAccessException or IOException)
            {
                return true;
            }
        }
    }

    /// <summary>The audit journal. Null when there is no home directory to put it under.</summary>
    public static string? Audit => State is { } state ? Path.Combine(state, "audit") : null;

    /// <summary>The registry of live groups; null when there is nowhere to put it, so that it is kept in memory.</summary>
    public static string? Registry =>
        OperatingSystem.IsWindows() ? null
        : HostIdentity.IsPrivileged ? "/run/osl"
        : Absolute(Environment.GetEnvironmentVariable("XDG_RUNTIME_DIR")) is { } runtime && Directory.Exists(runtime)
            ? Path.Combine(runtime, "osl")
        : State is { } state ? Path.Combine(state, "registry")
        : null;

    private static string? State
    {
        get
        {
            if (!OperatingSystem.IsWindows() && HostIdentity.IsPrivileged)
            {
                return "/var/lib/osl";
            }

            if (Absolute(Environment.GetEnvironmentVariable("XDG_STATE_HOME")) is { } state)
            {
                return Path.Combine(state, "osl");
            }

            var home = OperatingSystem.IsWindows()
                ? Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData)
                : Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
            return home.Length == 0 ? null
                : OperatingSystem.IsWindows() ? Path.Combine(home, "osl")
                : Path.Combine(home, ".local", "state", "osl");
        }
    }

    /// <summary>The specification says: paths in these variables that are not absolute are ignored.</summary>
    private static string? Absolute(string? path) => path is not null && Path.IsPathFullyQualified(path) ? path : null;
}
