using Osl.Hosting;
using Osl.Operations;
using Osl.Operations.Processes;
using Osl.Samples.ProcessActor;
using Osl.Supervision;
using Osl.Supervision.Trees;
using Osl.Testing;

// One actor starts all OS processes of an application, keeps a registry of them by name, and when it stops all of them end with it.
//
//   root
//   ├── osl
//   │   └── processes      the process actor
//   └── application
//       └── worker         asks it for a process, and crashes
var directory = Directory.CreateTempSubdirectory("osl-actor-");
try
{
    await using var osl = OslHost.Create(options =>
        options
            .UseAuditDirectory(Path.Combine(directory.FullName, "audit"))
            .UseRegistryDirectory(Path.Combine(directory.FullName, "registry"))
    );
    var processes = new ProcessOwner("processes", osl);
    var root = new Supervisor("root", osl, new SupervisorOptions { Strategy = RestartStrategy.RestForOne })
        .Add(new ChildSpec("osl", () => new Supervisor("osl", osl).Add(new ChildSpec("processes", () => processes))))
        .Add(
            new ChildSpec(
                "application",
                () =>
                    new Supervisor("application", osl).Add(
                        new ChildSpec("worker", () => new Worker(processes)) { Kind = ChildKind.Transient }
                    )
            )
        );
    using var events = root.Events.Subscribe();
    var run = root.RunToEndAsync();
    while (await events.NextAsync() is { } next)
    {
        if (next.Event is SupervisorEvent.Changed { Path: "application/worker", To: LifecycleState.Ended })
        {
            break;
        }
    }

    Console.WriteLine($"registry   {string.Join(", ", processes.Processes.Select(owned => owned.Name))}");
    await root.Handle.ShutdownAsync();
    Console.WriteLine($"root       {await run}");
    Console.WriteLine($"registry   {osl.Registry.Live().Count} alive");
}
finally
{
    directory.Delete(recursive: true);
}

// In tests of the application a double takes its place: no process, no policy, no journal, and what was asked for can be looked at.
var fake = new FakeExecutor();
await Worker.AskAsync(new ProcessOwner("processes", fake));
Console.WriteLine($"test       {string.Join(", ", fake.CallsOf<SpawnProcessOperation>())}");
