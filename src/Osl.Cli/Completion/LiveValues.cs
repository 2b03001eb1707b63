using System.CommandLine;
using System.Globalization;
using Osl.Hosting;
using Osl.Hosting.Managing;
using Osl.Operations;
using Osl.Operations.Processes;
using Osl.Security.Audit;

namespace Osl.Cli.Completion;

/// <summary>What there is at the moment to be named on a command line.</summary>
internal interface ILiveValues
{
    /// <summary>Process groups, with the program of each.</summary>
    IEnumerable<Candidate> Groups();

    /// <summary>Processes that were started; or the hosts that have started them.</summary>
    IEnumerable<Candidate> Processes(bool isHost);

    /// <summary>The newest operations of the journal.</summary>
    IEnumerable<Candidate> Operations();

    /// <summary>What managers that run manage, with where each stands.</summary>
    /// <param name="directory">The templates of the one that is meant; null for all that run.</param>
    IEnumerable<Candidate> Managed(string? directory);
}

/// <summary>From the registry and the journal.</summary>
internal sealed class LiveValues(GlobalOptions globals, ParseResult parse, CliIo io) : ILiveValues
{
    private const int RecordsRead = 200;
    private const int OperationsShown = 30;
    private const int LongestAbout = 60;

    /// <summary>Somebody has pressed a key and waits.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    public IEnumerable<Candidate> Groups() =>
        Live()
            .Where(entry => entry.OwnsGroup)
            .Select(entry => Of(entry.Pgid, entry.Program))
            .DistinctBy(candidate => candidate.Text, StringComparer.Ordinal);

    public IEnumerable<Candidate> Processes(bool isHost) =>
        Live()
            .Select(entry => isHost ? Of(entry.HostPid, "host") : Of(entry.Process.Pid, entry.Program))
            .DistinctBy(candidate => candidate.Text, StringComparer.Ordinal);

    public IEnumerable<Candidate> Operations() =>
        globals.AuditDirectoryOf(parse, io) is { } directory
            ? new AuditReader(directory)
                .Read(new AuditReadOptions { NewestFirst = true })
                .Take(RecordsRead)
                .Where(entry => entry.Record is { Operation: not null, OperationType: not null })
                .Select(entry => new Candidate(
                    entry.Record!.Operation!.Value.ToString(),
                    DisplayText.Escape(entry.Record.OperationType, LongestAbout)
                ))
                .DistinctBy(candidate => candidate.Text, StringComparer.Ordinal)
                .Take(OperationsShown)
            : [];

    public IEnumerable<Candidate> Managed(string? directory)
    {
        using var limit = new CancellationTokenSource(Patience, io.Time);
        var places =
            directory is null ? ControlClient.Running()
            : ManagerPlace.Of(directory) is { } place ? [place]
            : [];
        return
        [
            .. places
                .SelectMany(place => Ask(place, io.Time, limit.Token))
                .Select(line => new Candidate(line.Name, line.State))
                .DistinctBy(candidate => candidate.Text, StringComparer.Ordinal),
        ];
    }

    /// <summary>One that does not answer in time has nothing to offer.</summary>
    private static IReadOnlyList<ProcessLine> Ask(ManagerPlace place, TimeProvider time, CancellationToken limit)
    {
        try
        {
            var answer = ControlClient
                .AskAsync(place, new ControlRequest(ControlVerb.Status, Name: null), time, limit)
                .GetAwaiter()
                .GetResult();
            return answer.TryPickT0(out var lines, out _) ? lines : [];
        }
        catch (OperationCanceledException)
        {
            return [];
        }
    }

    private static Candidate Of(int id, string about) =>
        new(id.ToString(CultureInfo.InvariantCulture), DisplayText.Escape(about, LongestAbout));

    private List<GroupEntry> Live()
    {
        // Made and dropped: a host that starts nothing has opened nothing, so there is nothing to close.
        var host = OslHost.Create(options => options.UseTimeProvider(io.Time).HasTelemetry = false);
        return [.. host.Registry.Live().OrderBy(entry => entry.Pgid)];
    }
}
