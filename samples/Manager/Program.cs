using Osl.Hosting;
using Osl.Hosting.Templates;
using Osl.Operations;
using Osl.Supervision;

// The process manager of the seed: a process from code that leaves a template, the same from its template, and one that is attached to.
var work = Directory.CreateTempSubdirectory("osl-manager-");
var directory = args is [var named] ? named : work.FullName;
try
{
    await using var osl = OslHost.Create(options =>
        options.UseAuditDirectory(Path.Combine(work.FullName, "audit")).UseRegistryDirectory(Path.Combine(work.FullName, "registry"))
    );
    var options = new ProcessManagerOptions { Templates = new TemplateDirectory(directory) };

    await using (var manager = new ProcessManager(osl, osl.Processes, options))
    {
        var made = manager.NewProcess(
            "sleep",
            new ProcessOptions
            {
                Name = "worker",
                Arguments = ["1000"],
                Restart = RestartPolicy.Times(1),
                Template = new TemplateOption("worker", RunOnStartup: true),
            }
        );
        if (made.TryPickT1(out var problem, out var worker))
        {
            return Failed(problem);
        }

        using var notices = worker.Subscribe();
        if ((await worker.StartAsync()).TryPickT1(out problem, out var first))
        {
            return Failed(problem);
        }

        Console.WriteLine($"started    {worker.Name}: {worker.Command} {string.Join(' ', worker.Arguments)}");
        _ = await worker.SignalAsync(Osl.Operations.Processes.Signal.Kill);
        while (await notices.NextAsync() is { Event: { } notice } && (notice.State != LifecycleState.Running || notice.Process == first))
        { }
        Console.WriteLine($"restarted  {worker.Restarts} time");

        await using var other = new ProcessManager(osl, osl.Processes, options);
        if ((await other.AttachAsync(worker.Process!, "attached")).TryPickT1(out problem, out var attached))
        {
            return Failed(problem);
        }

        Console.WriteLine($"attached   {attached.ReportedName}, its command is not known: '{attached.Command}'");
        _ = await worker.StopAndWaitAsync();
        _ = await attached.WaitForEndAsync();
        Console.WriteLine($"stopped    {worker.State}, and seen by who was attached: {attached.State}");
    }

    await using var next = new ProcessManager(osl, osl.Processes, options);
    if ((await next.StartTemplatesAsync()).TryPickT1(out var refused, out var failures))
    {
        return Failed(refused);
    }

    Console.WriteLine(
        $"templates  {string.Join(", ", next.All.Select(process => $"{process.Name} {process.State}"))}; {failures.Count} failed"
    );
    return 0;
}
finally
{
    work.Delete(recursive: true);
}

static int Failed(OperationError error)
{
    Console.Error.WriteLine(error);
    return 1;
}
