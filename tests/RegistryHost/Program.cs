// A host with nothing but a registry, which tests drive by lines on standard input and kill when they please.
//
//   registryhost DIRECTORY|-
//
//   reserve NAME managed|detached own|shared     -> reserved OPERATION GUARDIANPID | error CODE MESSAGE
//   start NAME SCRIPT                            -> pid PID          (once the script has printed a line)
//   started NAME                                 -> ok
//   claim NAME PID START                         -> ok               (says that it had started a process of somebody else's)
//   ended NAME                                   -> ok
//   live                                         -> live PID:PGID:LIFETIME:HOSTPID …
//   watch                                        -> ok               (watches its guardian)
//   lost                                         -> lost PID NEXT    (once one was lost; 0 for none)
//   churn                                        -> starts one after the other and reports each step, for ever
//   dispose                                      -> ok, and ends
using System.Diagnostics;
using System.Globalization;
using System.Threading.Channels;
using Osl.Executors;
using Osl.Executors.Linux;
using Osl.Executors.Registry;
using Osl.Interop.Linux;
using Osl.Operations;
using Osl.Operations.Facts;
using Osl.Operations.Processes;

if (args[0] is "windows")
{
    return await Osl.Tests.RegistryHost.WindowsHost.RunAsync(args);
}

var losses = Channel.CreateUnbounded<GuardianLoss>();
var registry = LaunchRegistry.Open(args[0] is "-" ? null : args[0], TimeProvider.System, loss => losses.Writer.TryWrite(loss)).OrThrow();
Dictionary<string, Launch> launches = [];
Say($"ready {Environment.ProcessId}");
while (Console.ReadLine() is { } line)
{
    var words = line.Split(' ', 3);
    switch (words[0])
    {
        case "reserve":
            var kind = words[2].Split(' ');
            Say(
                Reserve(words[1], kind[0] is "detached", kind[1] is "own") is { } error
                    ? $"error {error.Code} {error.Message}"
                    : $"reserved {launches[words[1]].Plan.Operation} {registry.GuardianPid}"
            );
            break;
        case "start":
            Say(string.Create(CultureInfo.InvariantCulture, $"pid {Start(launches[words[1]], words[2])}"));
            break;
        case "started":
            Started(launches[words[1]]);
            Say("ok");
            break;
        case "claim":
            var claim = words[2].Split(' ');
            var (pid, start) = (int.Parse(claim[0], CultureInfo.InvariantCulture), long.Parse(claim[1], CultureInfo.InvariantCulture));
            launches[words[1]].Registration.Started(new ProcessRef(pid, start, ProcFs.BootId, ProcFs.PidNamespace), pid);
            Say("ok");
            break;
        case "released":
            launches[words[1]].Registration.Detached();
            Say("ok");
            break;
        case "ended":
            launches[words[1]].Registration.Ended();
            Say("ok");
            break;
        case "live":
            var live = registry.Live().Select(e => $"{e.Process.Pid}:{e.Pgid}:{e.Lifetime}:{e.HostPid}");
            Say("live " + string.Join(' ', live));
            break;
        case "watch":
            var watcher = new ExitWatcher(TimeProvider.System);
            _ = watcher.Loop.EnsureStarted();
            registry.WatchGuardianWith(guardian => watcher.WaitAsync(guardian.Descriptor!, CancellationToken.None));
            Say("ok");
            break;
        case "lost":
            var loss = await losses.Reader.ReadAsync();
            Say(string.Create(CultureInfo.InvariantCulture, $"lost {loss.Pid} {loss.Successor}"));
            break;
        case "churn":
            Churn();
            break;
        case "dispose":
            await registry.DisposeAsync();
            Say("ok");
            return 0;
        default:
            return 2;
    }
}

return 0;

static void Say(string line)
{
    Console.Out.WriteLine(line);
    Console.Out.Flush();
}

OperationError? Reserve(string name, bool detached, bool own)
{
    var plan = new LaunchPlan
    {
        Operation = OperationId.New(TimeProvider.System.GetUtcNow()),
        Context = new OperationContext(new Principal("tester")),
        Executable = new ShellLease(),
        Arguments = ["sh"],
        Environment = [],
        WorkingDirectory = "/",
        Placement = own ? ProcessGroupPlacement.NewGroup : ProcessGroupPlacement.Inherit,
        NewSession = own,
        Lifetime = detached ? ProcessLifetime.Detached : ProcessLifetime.Managed,
        StandardOutput = StandardOutputConfig.Null,
        StandardError = StandardOutputConfig.Null,
    };
    if (!registry.Reserve(plan).TryPickT0(out var registration, out var error))
    {
        return error;
    }

    launches[name] = new Launch(plan, registration);
    return null;
}

static int Start(Launch launch, string script, bool wait = true)
{
    // The child is no group leader, so setsid(1) makes the session in place and keeps the pid.
    var info = launch.Plan.OwnsGroup ? new ProcessStartInfo("/usr/bin/setsid") : new ProcessStartInfo("/bin/sh");
    if (launch.Plan.OwnsGroup)
    {
        info.ArgumentList.Add("/bin/sh");
    }

    info.ArgumentList.Add("-c");
    info.ArgumentList.Add(script);
    info.RedirectStandardOutput = true;
    info.RedirectStandardInput = true;
    info.Environment[OperationId.MarkerVariable] = launch.Plan.Operation.ToString();
    launch.Process = Process.Start(info)!;
    if (wait && launch.Process.StandardOutput.ReadLine() is null)
    {
        throw new InvalidOperationException("The script ended without a word.");
    }

    return launch.Process.Id;
}

static void Started(Launch launch)
{
    // A leader that has ended already is a zombie here, as it is for an executor that has not reaped it yet.
    var start = ProcFs.TryReadStat(launch.Process!.Id, out var stat) ? stat.StartTime : 1;
    var process = new ProcessRef(launch.Process.Id, start, ProcFs.BootId, ProcFs.PidNamespace);
    launch.Registration.Started(process, launch.Plan.OwnsGroup ? launch.Process.Id : Libc.GetPgrp());
}

void Churn()
{
    string[] scripts =
    [
        "exec sleep 3600",
        "sleep 3600 & sleep 3600 & wait",
        "setsid sleep 3600 & wait",
        "sleep 3600 & exit 0",
        "(setsid sh -c '(sleep 3600 & sleep 3600)' &) ; exec sleep 3600",
    ];
    for (var i = 0; ; i++)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"c{i}");
        _ = Reserve(name, detached: false, own: i % 3 != 2);
        Say($"reserved {registry.GuardianPid}");
        _ = Start(launches[name], scripts[i % scripts.Length], wait: false);
        Say("start");
        Started(launches[name]);
        Say("started");
    }
}

internal sealed class Launch(LaunchPlan plan, IRegistration registration)
{
    internal LaunchPlan Plan { get; } = plan;

    internal IRegistration Registration { get; } = registration;

    internal Process? Process { get; set; }
}

internal sealed class ShellLease() : ExecutableLease(new ExecutableFacts("sh", "/bin/sh", "/bin/dash", 0, 0, 0, 0x1ed, null))
{
    public override void Dispose() { }
}
