using System.CommandLine;
using System.Globalization;
using Osl.Cli.Output;
using Osl.Cli.Parsing;
using Osl.Operations.Processes;

namespace Osl.Cli.Commands;

/// <summary>Shows what Osl runs here.</summary>
internal sealed class PsCommand : OslCommand
{
    private readonly Option<int?> _host = Values.IdOption(
        "--host",
        "PID",
        "Only what one host process has started: an osl run, a service."
    );
    private readonly Option<int?> _group = Values.IdOption("--group", "PGID", "Only what is in one process group.");
    private readonly Option<string?> _operation = new("--operation")
    {
        HelpName = "ID",
        Description = "Only what one operation has started; the beginning of its id will do.",
    };

    private readonly Option<string?> _principal = new("--principal")
    {
        HelpName = "NAME",
        Description = "Only on behalf of one principal.",
    };

    private readonly Option<bool> _mine = Values.Flag("--mine", "Only on behalf of the account that asks.");

    internal PsCommand(GlobalOptions globals, CliIo io)
        : base("ps", "Show what osl and other hosts of yours run on this machine, by process group.", globals, io)
    {
        foreach (var option in (Option[])[_host, _group, _operation, _principal, _mine])
        {
            Options.Add(option);
        }
    }

    internal override IReadOnlyList<string> Details { get; } =
    [
        "A group is shown as long as somebody in it is alive. Filters add up: what is shown meets them all. On a terminal that is too narrow columns are left out; ids are never cut off.",
    ];

    internal override IReadOnlyList<Example> Examples { get; } =
    [
        new("osl ps", "One line for each process that was started and whose group is alive."),
        new("osl ps --json", "The same as JSON, one object a line."),
        new("osl ps --mine --host 4711", "What one osl run, or another host process, has started for you."),
    ];

    internal override bool OnlyLooks => true;

    private protected override async Task<int> ExecuteAsync(ParseResult parse, CancellationToken cancellationToken)
    {
        await using var host = Globals.CreateLooking(parse, Io);
        var entries = host
            .Registry.Live()
            .Where(entry => Matches(entry, parse))
            .OrderBy(entry => entry.Pgid)
            .ThenBy(entry => entry.StartedAt)
            .ToList();
        var members = host.Registry.CountMembers(entries);
        if (WantsJson(parse))
        {
            entries.ForEach(entry => WriteJson(entry, members));
            return ExitCodes.Done;
        }

        var table = new Table(
            new Column("PGID"),
            new Column("PID"),
            new Column("MEMBERS", Drop: 1),
            new Column("LIFETIME", Drop: 3),
            new Column("AGE", Drop: 2),
            new Column("HOST", Drop: 4),
            new Column("PRINCIPAL", Squeeze.Crop, Drop: 5),
            new Column("PROGRAM", Squeeze.Crop, Least: 12)
        );
        var now = Io.Time.GetUtcNow();
        foreach (var entry in entries)
        {
            table.Add(
                Number(entry.Pgid),
                Number(entry.Process.Pid),
                MembersOf(entry, members) is { } count ? Number(count) : "-",
                LifetimeOf(entry),
                Durations.Describe(now - entry.StartedAt),
                Number(entry.HostPid),
                entry.Principal,
                entry.Program
            );
        }

        table.WriteTo(Io);
        return ExitCodes.Done;
    }

    private bool Matches(GroupEntry entry, ParseResult parse) =>
        (parse.GetValue(_host) is not { } host || entry.HostPid == host)
        && (parse.GetValue(_group) is not { } group || entry.Pgid == group)
        && (
            parse.GetValue(_operation) is not { } operation
            || entry.Operation.ToString().StartsWith(operation, StringComparison.OrdinalIgnoreCase)
        )
        && (parse.GetValue(_principal) is not { } principal || string.Equals(entry.Principal, principal, StringComparison.Ordinal))
        && (!parse.GetValue(_mine) || string.Equals(entry.Principal, Osl.Operations.Principal.Current.Name, StringComparison.Ordinal));

    /// <summary>Null where the group is the host's own, so that its members say nothing of what was started.</summary>
    private static int? MembersOf(GroupEntry entry, IReadOnlyDictionary<int, int> members) =>
        entry.OwnsGroup && members.TryGetValue(entry.Pgid, out var count) ? count : null;

    private static string LifetimeOf(GroupEntry entry) => entry.Lifetime == ProcessLifetime.Managed ? "managed" : "detached";

    private static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);

    private void WriteJson(GroupEntry entry, IReadOnlyDictionary<int, int> members) =>
        Json.WriteObject(
            Io.Out,
            json =>
            {
                json.WriteNumber("pgid"u8, entry.Pgid);
                json.WriteNumber("pid"u8, entry.Process.Pid);
                json.WriteBoolean("owns_group"u8, entry.OwnsGroup);
                if (entry.Attached)
                {
                    json.WriteBoolean("attached"u8, true);
                }

                if (MembersOf(entry, members) is { } count)
                {
                    json.WriteNumber("members"u8, count);
                }

                json.WriteString("operation"u8, entry.Operation.ToString());
                json.WriteString("lifetime"u8, LifetimeOf(entry));
                json.WriteNumber("host_pid"u8, entry.HostPid);
                json.WriteString("principal"u8, entry.Principal);
                json.WriteString("program"u8, entry.Program);
                json.WriteString("started_at"u8, entry.StartedAt.UtcDateTime);
            }
        );
}
