using System.Security.Cryptography;
using System.Text;
using Microsoft.Win32.SafeHandles;
using Osl.Interop.Files;
using Osl.Interop.Linux;
using Osl.Operations;

namespace Osl.Hosting.Managing;

/// <summary>
/// Where the manager of one directory of templates keeps what it runs and where it listens: a directory of mode 0700, named by the templates' path,
/// beside the registry. Whoever holds its lock is the manager; the kernel gives it back when that one dies.
/// </summary>
internal sealed class ManagerPlace : IDisposable
{
    private const string Parent = "manage";

    private SafeFileHandle? _lock;

    /// <param name="path">The directory itself; otherwise only for tests.</param>
    internal ManagerPlace(string path) => Path = path;

    internal string Path { get; }

    internal string Socket => System.IO.Path.Combine(Path, "control.sock");

    internal string Memory => System.IO.Path.Combine(Path, "state.json");

    /// <summary>The place of a directory of templates; null when there is nowhere for it.</summary>
    internal static ManagerPlace? Of(string templates) =>
        Root is { } root
            ? new ManagerPlace(
                System.IO.Path.Combine(root, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(RealPathOf(templates)))[..8]))
            )
            : null;

    /// <summary>Every place there is; of some the manager has ended.</summary>
    internal static IEnumerable<ManagerPlace> All() =>
        Root is { } root && Directory.Exists(root) ? Directory.EnumerateDirectories(root).Select(path => new ManagerPlace(path)) : [];

    /// <summary>Makes the directory and takes the lock.</summary>
    /// <returns>Null; else why not.</returns>
    internal OperationError? Take()
    {
        if (OperatingSystem.IsWindows())
        {
            return new Unsupported("a process manager with a control socket on Windows", "Use ProcessManager in a program of your own.");
        }

        try
        {
            OwnerDirectory.Make(Path);
            var trust = TrustedPath.Examine(Path);
            if (
                !trust.IsTrusted
                || File.GetUnixFileMode(Path) != (UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute)
            )
            {
                return new PermissionRefused(
                    $"using {DisplayText.Escape(Path)} ({(trust.IsTrusted ? "others can look into it" : trust.Describe())})",
                    "It has to belong to this account alone (mode 0700)."
                );
            }

            _lock = File.OpenHandle(System.IO.Path.Combine(Path, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new PermissionRefused(
                $"using {DisplayText.Escape(Path)} ({FileFailure.Describe(e)})",
                "It has to belong to this account alone."
            );
        }

        if (FileLock.Take(_lock, wait: false) == 0)
        {
            return null;
        }

        Dispose();
        return new OperationFailed(
            "manager_runs",
            "These templates have a manager that runs.",
            "Use osl status, start, stop and restart; or end that one first."
        );
    }

    public void Dispose()
    {
        _lock?.Dispose();
        _lock = null;
    }

    /// <summary>However it is spelled, by links or with a slash at its end, one directory has one manager.</summary>
    private static string RealPathOf(string templates)
    {
        var full = System.IO.Path.TrimEndingDirectorySeparator(System.IO.Path.GetFullPath(templates));
        var fd = OperatingSystem.IsLinux() ? Libc.Open(full, Libc.O_PATH | Libc.O_CLOEXEC, 0) : -1;
        if (fd < 0)
        {
            return full;
        }

        var real = Descriptor.RealPath(fd);
        _ = Libc.Close(fd);
        return real ?? full;
    }

    private static string? Root => OslDirectories.Registry is { } registry ? System.IO.Path.Combine(registry, Parent) : null;
}
