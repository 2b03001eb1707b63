using Osl.Executors;
using Osl.Interop.Windows;

namespace Osl.Hosting;

/// <summary>
/// Where Osl keeps things when nobody says otherwise. On Linux the system's directories for root, those of the XDG Base Directory
/// Specification for everybody else; on Windows below LocalApplicationData, and for an elevated process below ProgramData
/// (adr/0020-windows-places-and-trust.md).
/// </summary>
public static class OslDirectories
{
    /// <summary>The policy that always applies where it exists: /etc/osl/policy.yaml, or osl\policy.yaml in ProgramData.</summary>
    public static string SystemPolicyFile { get; } =
        OperatingSystem.IsWindows() ? Path.Combine(ProgramData, "osl", "policy.yaml") : "/etc/osl/policy.yaml";

    /// <summary>Whether there is something in the place of the system's policy, even if it can't be read.</summary>
    public static bool HasSystemPolicy => IsOccupied(SystemPolicyFile);

    /// <summary>
    /// Whether there is something in a place. Only what is certainly absent is not: a file that can't be looked at, a directory or a
    /// dangling link must not be taken for none.
    /// </summary>
    internal static bool IsOccupied(string path)
    {
        try
        {
            _ = File.GetAttributes(path);
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

    /// <summary>The audit journal. Null when there is no home directory to put it under.</summary>
    public static string? Audit => State is { } state ? Path.Combine(state, "audit") : null;

    /// <summary>The registry of live groups; null when there is nowhere to put it, so that it is kept in memory.</summary>
    public static string? Registry =>
        OperatingSystem.IsWindows() ? Below(State, "registry")
        : HostIdentity.IsPrivileged ? "/run/osl"
        : Absolute(Environment.GetEnvironmentVariable("XDG_RUNTIME_DIR")) is { } runtime && Directory.Exists(runtime)
            ? Path.Combine(runtime, "osl")
        : Below(State, "registry");

    /// <summary>Where osl keeps the key of a journal: beside it, since neither may hold the other.</summary>
    internal static string KeysOf(string auditDirectory) => Path.TrimEndingDirectorySeparator(auditDirectory) + "-keys";

    /// <summary>Where journal, keys and, for ordinary users without a runtime directory, the registry lie; null without a home.</summary>
    internal static string? State => OperatingSystem.IsWindows() ? WindowsState : UnixState;

    private static string? UnixState
    {
        get
        {
            if (HostIdentity.IsPrivileged)
            {
                return "/var/lib/osl";
            }

            if (Absolute(Environment.GetEnvironmentVariable("XDG_STATE_HOME")) is { } state)
            {
                return Path.Combine(state, "osl");
            }

            var home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
            return home.Length == 0 ? null : Path.Combine(home, ".local", "state", "osl");
        }
    }

    /// <summary>
    /// From the system, never from variables: an elevated process is often started with those of one that is not. Each elevated
    /// account has a place of its own, since an administrator trusts no other one's directories.
    /// </summary>
    private static string? WindowsState =>
        !OperatingSystem.IsWindows() ? null
        : HostIdentity.IsPrivileged ? Path.Combine(ProgramData, $"osl-{WindowsAccounts.User}")
        : Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify)
            is { Length: > 0 } local
            ? Path.Combine(local, "osl")
        : null;

    private static string ProgramData =>
        Environment.GetFolderPath(Environment.SpecialFolder.CommonApplicationData, Environment.SpecialFolderOption.DoNotVerify)
            is { Length: > 0 } shared
            ? shared
            : throw new PlatformNotSupportedException("This system has no ProgramData, so the place of its policy is not known.");

    private static string? Below(string? directory, string name) => directory is null ? null : Path.Combine(directory, name);

    /// <summary>The specification says: paths in these variables that are not absolute are ignored.</summary>
    private static string? Absolute(string? path) => path is not null && Path.IsPathFullyQualified(path) ? path : null;
}
