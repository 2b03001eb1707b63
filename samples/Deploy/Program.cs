using Osl.Hosting;
using Osl.Operations;
using Osl.Operations.Processes;

await using var osl = OslHost.Create();

// The common case: run a program, have its output.
var kernel = await osl.RunAsync("uname", ["-s"]).OrThrow();
Console.Write(kernel.StandardOutput.Text);

// A program that starts others: in a process group of its own, on behalf of somebody, for a reason that the journal keeps.
var context = new OperationContext(Principal.Current, Reason: "nightly deploy");
var started = await osl.ExecuteAsync(
        new SpawnProcessOperation("samples/Deploy/deploy.sh").WithNewProcessGroup().WithStandardOutput(StandardOutputConfig.Pipe),
        context
    )
    .OrThrow();
using var output = new StreamReader(started.Live.StandardOutput!);
Console.WriteLine(await output.ReadLineAsync());

// All of it is ended: SIGTERM, and SIGKILL after five seconds for whoever is left.
var stopped = await osl.ExecuteAsync(new KillProcessGroupOperation(started.Group!).WithGracePeriod(TimeSpan.FromSeconds(5)), context);
stopped.Switch(
    done => Console.WriteLine($"{done.Ended} of {done.ProcessesAffected} ended"),
    error => Console.Error.WriteLine($"{error.Message} {error.Remedy}")
);

// What the policy forbids is an error, and errors are values.
var refused = await osl.ExecuteAsync(new ProcessSignalOperation(1, Signal.Terminate), context);
Console.WriteLine(refused.Match(_ => "signalled", error => $"{error.Code}: {error.Remedy}"));
