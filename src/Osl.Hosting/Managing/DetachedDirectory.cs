using Osl.Interop.Files;
using Osl.Operations;
using Osl.Operations.Processes;
using Osl.Supervision;
using Osl.Supervision.Trees;

namespace Osl.Hosting.Managing;

/// <summary>
/// The names of Detached processes in a directory that is this account's alone, a file each, so that the next host takes them up. One host
/// at a time; closing it, or the end of its process, lets the next one have it.
/// </summary>
public sealed class DetachedDirectory : IDetachedStore, IDisposable
{
    private readonly string _path;
    private readonly IGroupRegistry _registry;
    private readonly FileStream _lock;

    private DetachedDirectory(string path, IGroupRegistry registry, FileStream held)
    {
        (_path, _registry, _lock) = (path, registry, held);
    }

    /// <summary>Takes a directory; makes it where it is missing.</summary>
    /// <param name="path">Its path.</param>
    /// <param name="host">Whose registry is asked about a start of which nobody knows what came of it.</param>
    /// <returns>The directory; or why it can't be had: others can write to it, another host has it.</returns>
    public static OneOf<DetachedDirectory, OperationError> Open(string path, OslHost host)
    {
        ArgumentNullException.ThrowIfNull(host);
        return Open(path, host.Registry);
    }

    internal static OneOf<DetachedDirectory, OperationError> Open(string path, IGroupRegistry registry)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        path = Path.GetFullPath(path);
        try
        {
            if (OperatingSystem.IsWindows())
            {
                Directory.CreateDirectory(path);
            }
            else
            {
                OwnerDirectory.Make(path);
            }

            var trust = TrustedPath.Examine(path);
            return trust.IsTrusted
                ? new DetachedDirectory(
                    path,
                    registry,
                    new FileStream(Path.Combine(path, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None)
                )
                : new PermissionRefused(
                    $"using {DisplayText.Escape(path)} ({trust.Describe()})",
                    "What it says is taken for one's own, so nobody else may be able to write to it."
                );
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new OperationFailed(
                "detached_directory_unusable",
                $"{DisplayText.Escape(path)} can't be had ({FileFailure.Describe(e)}): another host may have it.",
                "One host at a time; end that one, or use another directory."
            );
        }
    }

    /// <inheritdoc/>
    public OneOf<IReadOnlyList<DetachedProcess>, OperationError> Find(string name)
    {
        if (WhyNot(name) is { } flaw)
        {
            return flaw;
        }

        if (!MemoryOf(name).Read().TryPickT0(out var left, out var unread))
        {
            return unread;
        }

        if (left.Entries is not [var entry, ..])
        {
            return Array.Empty<DetachedProcess>();
        }

        return entry.Process is { } process ? new DetachedProcess[] { new(name, process, entry.Group) } : Unfinished(name, left.Pid);
    }

    /// <inheritdoc/>
    public OperationError? Starting(string name) =>
        WhyNot(name) is { } flaw ? flaw : Write(name, memory => memory.Set(new Remembered(name, null, null)));

    /// <inheritdoc/>
    public OperationError? Started(DetachedProcess process)
    {
        ArgumentNullException.ThrowIfNull(process);
        return WhyNot(process.Name) is { } flaw
            ? flaw
            : Write(process.Name, memory => memory.Set(new Remembered(process.Name, process.Process, process.Group)));
    }

    /// <inheritdoc/>
    public OperationError? Ended(string name) => WhyNot(name) is { } flaw ? flaw : Write(name, memory => memory.Begin([]));

    /// <summary>Lets the next one have it.</summary>
    public void Dispose() => _lock.Dispose();

    /// <summary>
    /// What came of a start was not written down: the host was killed meanwhile, or was not told itself. Whatever it has started is in the
    /// registry under its pid, which in a container the next host may have too.
    /// </summary>
    private OneOf<IReadOnlyList<DetachedProcess>, OperationError> Unfinished(string name, int pid)
    {
        var known = Known();
        var perhaps = _registry
            .Live()
            .Where(found => found.HostPid == pid && found is { Attached: false, Lifetime: ProcessLifetime.Detached })
            .Where(found => !known.Contains(found.Process))
            .ToArray();
        return perhaps.Length == 0
            ? Array.Empty<DetachedProcess>()
            : new OperationFailed(
                "may_still_run",
                $"Nobody knows what came of the start of '{name}' by host {pid}; it may be one of: {string.Join(", ", perhaps.Select(found => found.Process.Pid))}.",
                $"Look with 'osl ps', end it, and remove {DisplayText.Escape(FileOf(name))}."
            );
    }

    /// <summary>What is somebody else's by name. Of a file that can't be read nothing is known, so that none is left out for it.</summary>
    private HashSet<ProcessRef> Known() =>
        [
            .. Directory
                .EnumerateFiles(_path, "*.json")
                .SelectMany(file => new ManagerMemory(file).Read().TryPickT0(out var left, out _) ? left.Entries : [])
                .Select(entry => entry.Process)
                .OfType<ProcessRef>(),
        ];

    private static ValidationFailed? WhyNot(string name) =>
        ProcessTemplate.WhyNoName(name) is { } flaw ? new ValidationFailed([$"'{DisplayText.Escape(name)}' can't be kept: {flaw}."]) : null;

    private OperationFailed? Write(string name, Action<ManagerMemory> write)
    {
        try
        {
            write(MemoryOf(name));
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new OperationFailed(
                "detached_not_written",
                $"That '{name}' is started could not be written down ({FileFailure.Describe(e)}), and nothing is started unwritten.",
                $"Make room in {DisplayText.Escape(_path)}."
            );
        }
    }

    private ManagerMemory MemoryOf(string name) => new(FileOf(name));

    private string FileOf(string name) => Path.Combine(_path, $"{name}.json");
}
