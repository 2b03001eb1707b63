using System.Collections.Concurrent;
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

    /// <summary>What ran under this host's pid before it had the directory; whatever else does is of this run.</summary>
    private readonly HashSet<OperationId> _before;

    /// <summary>The names that are started in this run, as long as what comes of it is not written down.</summary>
    private readonly ConcurrentDictionary<string, bool> _starting = new(StringComparer.Ordinal);

    private DetachedDirectory(string path, IGroupRegistry registry, FileStream held)
    {
        (_path, _registry, _lock) = (path, registry, held);
        // With the lock in hand: a child of the host before has that too, until it is what it is to be and can be recognised.
        _before = [.. registry.Live().Where(found => found.HostPid == Environment.ProcessId).Select(found => found.Operation)];
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
    public OperationError? Starting(string name)
    {
        if (WhyNot(name) is { } flaw)
        {
            return flaw;
        }

        _starting[name] = true;
        return Write(name, memory => memory.Set(new Remembered(name, null, null)));
    }

    /// <inheritdoc/>
    public OperationError? Started(DetachedProcess process)
    {
        ArgumentNullException.ThrowIfNull(process);
        return WhyNot(process.Name) is { } flaw
            ? flaw
            : Settle(process.Name, memory => memory.Set(new Remembered(process.Name, process.Process, process.Group)));
    }

    /// <inheritdoc/>
    public OperationError? Ended(string name) => WhyNot(name) is { } flaw ? flaw : Settle(name, memory => memory.Begin([]));

    /// <summary>Lets the next one have it.</summary>
    public void Dispose() => _lock.Dispose();

    /// <summary>
    /// What came of a start was not written down: the host was killed meanwhile, or was not told itself. Whatever it has started is in the
    /// registry under its pid, which in a container the next host may have too: then what that has started for others since is left out.
    /// </summary>
    private OneOf<IReadOnlyList<DetachedProcess>, OperationError> Unfinished(string name, int pid)
    {
        if (!Everything().TryPickT0(out var known, out var unlisted))
        {
            return unlisted;
        }

        var beforeOnly = pid == Environment.ProcessId && !_starting.ContainsKey(name);
        var perhaps = new ManagerMemory.Left(pid, known)
            .Unknown(_registry)
            .Where(found => found.Lifetime == ProcessLifetime.Detached && (!beforeOnly || _before.Contains(found.Operation)))
            .ToArray();
        return perhaps.Length == 0
            ? Array.Empty<DetachedProcess>()
            : new OperationFailed(
                "may_still_run",
                $"Nobody knows what came of the start of '{name}' by host {pid}; it may be one of: {string.Join(", ", perhaps.Select(found => found.Process.Pid))}.",
                $"Look with 'osl ps', end it, and remove {DisplayText.Escape(FileOf(name))}."
            );
    }

    /// <summary>What is known by all names. Of a file that can't be read nothing is known, so that none is left out for it.</summary>
    private OneOf<IReadOnlyList<Remembered>, OperationError> Everything()
    {
        try
        {
            return Directory
                .EnumerateFiles(_path, "*.json")
                .SelectMany(file => new ManagerMemory(file).Read().TryPickT0(out var left, out _) ? left.Entries : [])
                .ToArray();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new OperationFailed(
                "detached_directory_unusable",
                $"What is known by other names in {DisplayText.Escape(_path)} can't be listed ({FileFailure.Describe(e)}).",
                "It is this account's own, to read, write and list: see what has become of it."
            );
        }
    }

    private static ValidationFailed? WhyNot(string name) =>
        ProcessTemplate.WhyNoName(name) is { } flaw ? new ValidationFailed([$"'{DisplayText.Escape(name)}' can't be kept: {flaw}."]) : null;

    private OperationFailed? Settle(string name, Action<ManagerMemory> write)
    {
        var unwritten = Write(name, write);
        if (unwritten is null)
        {
            _ = _starting.TryRemove(name, out _);
        }

        return unwritten;
    }

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
