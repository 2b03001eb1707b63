using Osl.Operations;
using Osl.Operations.Processes;

namespace Osl.Executors.Registry;

/// <summary>
/// Which of a number of entries still live: a process of that pid and start time, or, when that one is gone, another member of its
/// group. At most one look at all processes, and only when some leader is gone.
/// </summary>
internal sealed class LiveScan(IRegistrySystem system)
{
    private readonly List<Found> _living = [];
    private readonly Dictionary<OperationId, Found> _leaderless = [];

    /// <summary>Adds an entry and looks whether its own process lives.</summary>
    /// <param name="content">The line.</param>
    /// <param name="hostPid">Whose.</param>
    /// <param name="source">Anything; given back with what lives.</param>
    internal void Add(in SlotContent content, int hostPid, object? source)
    {
        var found = new Found(content, hostPid, source);
        if (!content.IsPrepared && system.IsAlive(content.Pid, content.StartTime))
        {
            _living.Add(found);
        }
        else
        {
            // The operation's id is unique; were it not (a copied line), the first is as good as the second.
            _ = _leaderless.TryAdd(content.Operation, found);
        }
    }

    /// <summary>What lives.</summary>
    internal List<Found> Complete()
    {
        if (_leaderless.Count == 0)
        {
            return _living;
        }

        foreach (var (operation, member) in system.EldestMembers(_leaderless.ToDictionary(pair => pair.Key, pair => pair.Value.Content)))
        {
            var found = _leaderless[operation];
            _living.Add(
                found.Content.IsPrepared
                    ? found with
                    {
                        // Its host died before it could say what it had started: the eldest member stands for it.
                        Content = found.Content with
                        {
                            Pid = member.Pid,
                            Pgid = member.Pgid,
                            StartTime = member.StartTime,
                            OwnsGroup = member.Pgid == member.Pid,
                        },
                    }
                    : found
            );
        }

        return _living;
    }

    /// <summary>An entry that lives.</summary>
    /// <param name="Content">Its line.</param>
    /// <param name="HostPid">Whose.</param>
    /// <param name="Source">What was given with it.</param>
    internal sealed record Found(SlotContent Content, int HostPid, object? Source)
    {
        internal GroupEntry ToEntry() =>
            new(
                Content.Operation,
                new ProcessRef(Content.Pid, Content.StartTime, RegistrySystem.Current.BootId, RegistrySystem.Current.PidNamespace),
                Content.Pgid,
                Content.OwnsGroup,
                Content.Detached ? ProcessLifetime.Detached : ProcessLifetime.Managed,
                HostPid,
                Content.Principal,
                Content.Program,
                DateTimeOffset.FromUnixTimeMilliseconds(Content.EpochMilliseconds)
            )
            {
                Attached = Content.Attached,
            };
    }
}
