using Osl.Hosting;
using Osl.Operations;
using Osl.Samples.SupervisedTree;
using Osl.Supervision;
using Osl.Supervision.Trees;

// The tree of the seed (003): one owner of all spawning on one side, the application on the other.
//
//   root
//   ├── osl
//   │   └── processes      starts every OS process, and names them all
//   └── application
//       └── worker         asks for a program, and crashes
//
// What the seed fears: an actor starts a script and crashes, and the script stays. Here nothing stays.
//
//   SupervisedTree DIRECTORY
await using var osl = OslHost.Create(options => options.UseAuditDirectory(Path.Combine(args[0], "audit")));

var processes = new ProcessOwner("processes", osl);
var root = new Supervisor("root", osl, new SupervisorOptions { Strategy = RestartStrategy.RestForOne })
    .Add(new ChildSpec("osl", () => new Supervisor("osl", osl).Add(new ChildSpec("processes", () => processes))))
    .Add(
        new ChildSpec(
            "application",
            () => new Supervisor("application", osl).Add(new ChildSpec("worker", () => new Worker(osl)) { Kind = ChildKind.Transient })
        )
    );

using var events = root.Events.Subscribe();
var run = root.RunToEndAsync();
await root.Up;
_ = await processes.SpawnAsync("daemon", new("/bin/sleep", ["600"]), OperationContext.Current).OrThrow();
Console.WriteLine($"owned: {string.Join(", ", processes.Processes.Select(owned => owned.Name))}");

while (await events.NextAsync() is { } next)
{
    switch (next.Event)
    {
        case SupervisorEvent.OrphansEnded { Path: var path, Ended: var ended }:
            Console.WriteLine($"{path} left {ended} process behind: ended");
            break;
        case SupervisorEvent.Changed { Path: "application/worker", To: LifecycleState.Waiting, Error: { } error }:
            Console.WriteLine($"application/worker: {error.Message}");
            break;
        case SupervisorEvent.Changed { Path: "application/worker", To: LifecycleState.Ended }:
            Console.WriteLine("application/worker: done");
            _ = root.Handle.SendAsync(Osl.Supervision.Services.RuntimeControlMessage.Shutdown);
            break;
        case SupervisorEvent.Changed { Path: "osl", To: LifecycleState.Ended }:
            Console.WriteLine((await run).ToString());
            Console.WriteLine($"left: {osl.Registry.Live().Count(entry => entry.HostPid == Environment.ProcessId)}");
            return 0;
    }
}

return 1;
