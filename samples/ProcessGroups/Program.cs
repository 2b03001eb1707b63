using Osl.Hosting;
using Osl.Operations;
using Osl.Operations.Processes;
using Osl.Samples.ProcessGroups;
using Osl.Supervision.Groups;

// The members of both groups are this program once more, in another part.
switch (args)
{
    case ["server-worker", var pipe]:
        await Parts.ServeAsync(pipe);
        return 0;
    case ["server-gateway", var pipe]:
        await Parts.AskAsync(pipe);
        return 0;
    case ["worker", var jobs]:
        return Parts.Work(jobs);
    case []:
        break;
    default:
        Console.Error.WriteLine("usage: ProcessGroups");
        return 2;
}

await using var osl = OslHost.Create();

// Several programs with one task: a worker, and a gateway that talks to it.
await using (var group = new ProcessGroup(osl))
{
    var pipe = $"osl-sample-{Environment.ProcessId}";
    await group.EmplaceAsync(Me("server-worker", pipe)).OrThrow();
    await group.EmplaceAsync(Me("server-gateway", pipe)).OrThrow();
    var exits = await group.WaitAsync();
    Console.WriteLine($"Worker and gateway have ended, {exits.Count(exit => exit.IsSuccess)} of {exits.Count} well");
}

// A worker pool: who ends with an error is started again, until all the work is done.
var directory = Parts.MakeJobs(count: 8, crashing: 2);
try
{
    await using var group = new ProcessGroup(osl);
    for (var i = 0; i < 4; i++)
    {
        Console.WriteLine($"Started worker with pid {(await group.EmplaceAsync(Me("worker", directory)).OrThrow()).Pid}");
    }

    while (await group.WaitOneAsync() is { } exit)
    {
        Console.WriteLine($"Process {exit.Pid} stopped: {exit.Status}");
        if (!exit.IsSuccess)
        {
            var next = await group.EmplaceAsync(Me("worker", directory)).OrThrow();
            Console.WriteLine($"Exited with error, restarting with pid {next.Pid}");
        }
    }
}
finally
{
    Directory.Delete(directory, recursive: true);
}

return 0;

static SpawnProcessOperation Me(params string[] part) =>
    new SpawnProcessOperation(
        Environment.ProcessPath ?? throw new InvalidOperationException("Nobody knows this program's path.")
    ).WithArguments(part);
