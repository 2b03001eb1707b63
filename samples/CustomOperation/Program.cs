using Osl.Hosting;
using Osl.Operations;
using Osl.Samples.CustomOperation;
using Osl.Security.Policies;

// An operation of one's own goes the way of every other: validated, judged as an action of its own, recorded.
if (OperatingSystem.IsWindows())
{
    Console.Error.WriteLine("This sample sets the mode of a file, which Windows has not got.");
    return 1;
}

var directory = Directory.CreateTempSubdirectory("osl-sample-");
try
{
    var file = Path.Combine(directory.FullName, "report.txt");
    await File.WriteAllTextAsync(file, "figures");
    var audit = Path.Combine(directory.FullName, "audit");
    var builtIn = new BuiltInPolicy(Environment.GetEnvironmentVariable("PATH"));

    // The built-in policy knows nothing of file.set-mode, so it denies it.
    await using (var strict = OslHost.Create(o => o.UsePolicy(builtIn).UseAuditDirectory(audit).Register(SetFileMode.Definition)))
    {
        Show("no rule", await strict.ExecuteAsync(new SetFileModeOperation(file, 0x180), OperationContext.Current));
    }

    await using var osl = OslHost.Create(o =>
        o.UsePolicy(builtIn.Allowing(SetFileMode.Action)).UseAuditDirectory(audit).Register(SetFileMode.Definition)
    );
    var context = new OperationContext(Principal.Current, "only the owner reads reports");
    Show("bad shape", await osl.ExecuteAsync(new SetFileModeOperation("report.txt", 0x8000), context));
    Show("missing", await osl.ExecuteAsync(new SetFileModeOperation(file + ".old", 0x180), context));
    Show("allowed", await osl.ExecuteAsync(new SetFileModeOperation(file, 0x180), context));
    return 0;
}
finally
{
    directory.Delete(recursive: true);
}

static void Show(string what, OneOf<SetFileModeResult, OperationError> outcome) =>
    outcome.Switch(
        done => Console.WriteLine($"{what, -10} mode {Octal(done.Before)} -> {Octal(done.After)}"),
        error => Console.WriteLine($"{what, -10} {error.Code}: {error.Message} {error.Remedy}")
    );

static string Octal(int mode) => Convert.ToString(mode, 8);
