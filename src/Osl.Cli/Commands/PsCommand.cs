using System.CommandLine;
using System.Globalization;
using Osl.Cli.Output;
using Osl.Operations.Processes;

namespace Osl.Cli.Commands;

/// <summary>Shows what Osl runs here.</summary>
internal sealed class PsCommand(GlobalOptions globals, CliIo io)
    : OslCommand("ps", "Show what osl and other hosts of yours run on this machine, by process group.", globals, io)
{
    internal override IReadOnlyList<Example> Examples { get; } =
    [
        new("osl ps", "One line for each process that was started and whose group is alive."),
        new("osl ps --json", "The same as JSON, one object a line."),
    ];

    private protected override async Task<int> ExecuteAsync(ParseResult parse, CancellationToken cancellationToken)
    {
        await using var host = Globals.CreateHost(parse, Io);
        var entries = host.Registry.Live().OrderBy(entry => entry.Pgid).ThenBy(entry => entry.StartedAt).ToList();
        var members = host.Registry.CountMembers(entries);
        if (WantsJson(parse))
        {
            entries.ForEach(entry => WriteJson(entry, members));
            return ExitCodes.Done;
        }

        var table = new Table("PGID", "PID", "MEMBERS", "LIFETIME", "AGE", "HOST", "PRINCIPAL", "PROGRAM");
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

        table.WriteTo(Io.Out);
        return ExitCodes.Done;
    }

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
