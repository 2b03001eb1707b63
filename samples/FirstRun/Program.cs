using Osl.Hosting;
using Osl.Operations;
using Osl.Operations.Processes;
using Osl.Security.Audit;

// The main job from end to end: a process tree is started in a group of its own, judged by the policy, written to an audit
// journal, ended as a whole, and reviewed. Everything it makes lies in a temporary directory.
var directory = Directory.CreateTempSubdirectory("osl-first-run-").FullName;
try
{
    var audit = Path.Combine(directory, "audit");
    await RunAsync(audit, Path.Combine(directory, "registry"));
    Review(audit);
}
finally
{
    Directory.Delete(directory, recursive: true);
}

static async Task RunAsync(string audit, string registry)
{
    await using var osl = OslHost.Create(options => options.UseAuditDirectory(audit).UseRegistryDirectory(registry));
    var context = new OperationContext(Principal.Current, Reason: "first run");

    // A shell with three children, one of them a shell with a child of its own: five processes.
    var started = await osl.ExecuteAsync(
            new SpawnProcessOperation("sh", ["-c", "sleep 100 & sleep 100 & sh -c 'sleep 100 & echo ready; wait' & wait"])
                .WithNewProcessGroup()
                .WithStandardOutput(StandardOutputConfig.Pipe),
            context
        )
        .OrThrow();
    using var output = new StreamReader(started.Live.StandardOutput!);
    await output.ReadLineAsync();

    var group = await osl.ExecuteAsync(new QueryProcessGroupOperation(started.Group!), context).OrThrow();
    Console.WriteLine($"started   sh, leader of a process group of its own, with {group.Members.Count} members");
    foreach (var member in group.Members)
    {
        Console.WriteLine($"            {member.Name}");
    }

    var foreign = await osl.ExecuteAsync(new ProcessSignalOperation(1, Signal.Terminate), context);
    foreign.Switch(
        _ => throw new InvalidOperationException("Process 1 was signalled."),
        error => Console.WriteLine($"refused   {error.Message}")
    );

    var stopped = await osl.ExecuteAsync(new KillProcessGroupOperation(started.Group!).WithGracePeriod(TimeSpan.FromSeconds(5)), context);
    stopped.Switch(
        done => Console.WriteLine($"ended     {done.Ended} of {done.ProcessesAffected} processes, {done.Forced} by SIGKILL"),
        error => Console.WriteLine($"failed    {error.Message} {error.Remedy}")
    );
    Console.WriteLine($"exited    {(await started.Live.Exited).Status}");
}

static void Review(string audit)
{
    Console.WriteLine("reviewed");
    foreach (var entry in new AuditReader(audit).Read())
    {
        var record = entry.Record ?? throw new InvalidOperationException($"The journal can't be read: {entry.Problem}");
        var what = record.OperationType ?? "process";
        var how = record.Rule is { } rule
            ? $"{record.Decision?.ToString().ToLowerInvariant()}, by rule {rule}"
            : record.Outcome ?? $"ended by SIG{record.ExitSignal}";
        Console.WriteLine($"{entry.Index, 8}  {record.Type, -8} {what, -20} {how}");
    }

    var verified = JournalVerifier.Verify(audit);
    Console.WriteLine($"verified  {verified.Records} records in one tree: {verified.Verdict}");
}
