using System.Text;
using Osl.Interop.Linux;
using Osl.Operations;
using Osl.Operations.Processes;

namespace Osl.Executors.Registry;

/// <summary>
/// Which of a number of entries still live: a process of that pid and start time, or, when that one is gone, a process of its group
/// that carries the operation's marker. At most one walk through /proc, and only when some leader is gone.
/// </summary>
internal sealed class LiveScan
{
    private static readonly byte[] MarkerPrefix = Encoding.ASCII.GetBytes(OperationId.MarkerVariable + "=");

    private readonly List<Found> _living = [];
    private readonly Dictionary<OperationId, Found> _leaderless = [];

    /// <summary>Adds an entry and looks whether its own process lives.</summary>
    /// <param name="content">The line.</param>
    /// <param name="hostPid">Whose.</param>
    /// <param name="source">Anything; given back with what lives.</param>
    internal void Add(in SlotContent content, int hostPid, object? source)
    {
        var found = new Found(content, hostPid, source);
        if (!content.IsPrepared && IsAlive(content.Pid, content.StartTime))
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

        Dictionary<OperationId, ProcLine> members = [];
        foreach (var pid in ProcFs.Pids())
        {
            if (ProcFs.TryReadStat(pid, out var stat) && stat.IsAlive)
            {
                AddMember(stat, members);
            }
        }

        foreach (var (operation, stat) in members)
        {
            var found = _leaderless[operation];
            _living.Add(
                found.Content.IsPrepared
                    ? found with
                    {
                        // Its host died before it could say what it had started: the eldest bearer of the marker stands for it.
                        Content = found.Content with
                        {
                            Pid = stat.Pid,
                            Pgid = stat.Pgid,
                            StartTime = stat.StartTime,
                            OwnsGroup = stat.Pgid == stat.Pid,
                        },
                    }
                    : found
            );
        }

        return _living;
    }

    internal static bool IsAlive(int pid, long startTime) =>
        ProcFs.TryReadStat(pid, out var stat) && stat.StartTime == startTime && stat.IsAlive;

    private void AddMember(in ProcLine stat, Dictionary<OperationId, ProcLine> members)
    {
        // None: gone meanwhile, or another user's; no member that we could act on.
        var environment = ProcFile.RentEnvironment(stat.Pid, out var length);
        ReadOnlySpan<byte> rest = environment.AsSpan(0, length);
        for (var at = rest.IndexOf(MarkerPrefix); at >= 0; at = rest.IndexOf(MarkerPrefix))
        {
            var begins = at == 0 || rest[at - 1] == 0;
            rest = rest[(at + MarkerPrefix.Length)..];
            var end = rest.IndexOf((byte)0);
            var value = end < 0 ? rest : rest[..end];
            if (
                begins
                && value.Length == 32
                && OperationId.TryParse(Encoding.ASCII.GetString(value), out var operation)
                && _leaderless.TryGetValue(operation, out var found)
                && (found.Content.IsPrepared || found.Content.Pgid == stat.Pgid)
                && (!members.TryGetValue(operation, out var elder) || stat.StartTime < elder.StartTime)
            )
            {
                members[operation] = stat;
            }
        }

        ProcFile.Return(environment);
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
                new ProcessRef(Content.Pid, Content.StartTime, ProcFs.BootId, ProcFs.PidNamespace),
                Content.Pgid,
                Content.OwnsGroup,
                Content.Detached ? ProcessLifetime.Detached : ProcessLifetime.Managed,
                HostPid,
                Content.Principal,
                Content.Program,
                DateTimeOffset.FromUnixTimeMilliseconds(Content.EpochMilliseconds)
            );
    }
}
