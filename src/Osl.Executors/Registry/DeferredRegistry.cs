using Osl.Executors.Linux;
using Osl.Operations;
using Osl.Operations.Processes;

namespace Osl.Executors.Registry;

/// <summary>
/// A registry that is opened with the first reservation: who starts nothing has no slot file, and no guardian. Until then it only
/// reads what other hosts have written.
/// </summary>
internal sealed class DeferredRegistry(string? directory, TimeProvider time) : ILaunchRegistry
{
    private readonly Lock _opening = new();
    private volatile LaunchRegistry? _opened;
    private Func<Guardian, Task>? _guardianWait;
    private bool _closed;

    /// <inheritdoc cref="GuardianKeeper.Lost"/>
    internal Action<GuardianLoss>? GuardianLost { get; init; }

    public void WatchGuardianWith(Func<Guardian, Task> wait)
    {
        lock (_opening)
        {
            _guardianWait = wait;
            _opened?.WatchGuardianWith(wait);
        }
    }

    public OneOf<IRegistration, OperationError> Reserve(IRegistryPlan plan)
    {
        if (_opened is null && Open() is { } refused)
        {
            return refused;
        }

        return _opened!.Reserve(plan);
    }

    public IReadOnlyList<GroupEntry> Live() =>
        _opened is { } opened ? opened.Live()
        : directory is null || !RegistrySystem.IsSupported ? []
        : [.. OtherHosts.Living(directory, own: null).Select(found => found.ToEntry())];

    public GroupEntry? FindGroup(int pgid) =>
        _opened is { } opened
            ? opened.FindGroup(pgid)
            : Live().OrderBy(entry => entry.Attached).FirstOrDefault(entry => entry.OwnsGroup && entry.Pgid == pgid);

    public GroupEntry? FindProcess(int pid) =>
        _opened is { } opened
            ? opened.FindProcess(pid)
            : Live()
                .OrderBy(entry => entry.Attached)
                .FirstOrDefault(entry => entry.Process.Pid == pid && RegistrySystem.Current.IsAlive(pid, entry.Process.StartTime));

    public IReadOnlyDictionary<int, int> CountMembers(IReadOnlyList<GroupEntry> entries) => RegistrySystem.Current.CountMembers(entries);

    /// <summary>The guardian's pid; 0 while there is none.</summary>
    internal int GuardianPid => _opened?.GuardianPid ?? 0;

    public bool? IsGuarded => _opened?.IsGuarded;

    public ValueTask DisposeAsync()
    {
        lock (_opening)
        {
            _closed = true;
        }

        return _opened?.DisposeAsync() ?? ValueTask.CompletedTask;
    }

    /// <summary>Tried again with each reservation: a directory that was closed to us may be mended meanwhile.</summary>
    private OperationError? Open()
    {
        if (!RegistrySystem.IsSupported)
        {
            return new Unsupported("a registry of live groups on this platform", "Run on Linux or Windows.");
        }

        lock (_opening)
        {
            if (_closed)
            {
                return LaunchRegistry.Closed();
            }

            if (_opened is null)
            {
                if (LaunchRegistry.Open(directory, time, GuardianLost).TryPickT1(out var refused, out var opened))
                {
                    return refused;
                }

                if (_guardianWait is { } wait)
                {
                    opened.WatchGuardianWith(wait);
                }

                _opened = opened;
            }

            return null;
        }
    }
}
