using System.Globalization;
using Osl.Hosting;
using Osl.Operations;
using Osl.Operations.Processes;

namespace Osl.Tests.SpawnHost;

/// <summary>
/// A host that is told what to run, line by line:
/// <c>run COUNT KIND</c>, one after the other, answers each with <c>ok STATUS</c> or <c>error CODE EFFECT MESSAGE</c>, then <c>done</c>;
/// <c>state</c> says what the host holds; <c>close</c> disposes it and says so again.
/// </summary>
internal static class Faults
{
    internal static async Task RunAsync(OslHost osl)
    {
        Say($"ready {Environment.ProcessId}");
        while (await Console.In.ReadLineAsync() is { } line)
        {
            switch (line.Split(' '))
            {
                case ["run", var count, var kind]:
                    for (var i = 0; i < int.Parse(count, CultureInfo.InvariantCulture); i++)
                    {
                        await OneAsync(osl, kind);
                    }

                    Say("done");
                    break;
                case ["state"]:
                    State();
                    break;
                case ["close"]:
                    await osl.DisposeAsync();
                    State();
                    return;
                default:
                    throw new InvalidDataException(line);
            }
        }
    }

    internal static RunProcessOperation Operation(string kind)
    {
        var hello = new SpawnProcessOperation("/bin/echo", ["hello"]).WithNewProcessGroup().WithStandardOutput(StandardOutputConfig.Null);
        return new RunProcessOperation(
            kind switch
            {
                "plain" => hello,
                "captured" => hello.WithCapturedOutput(),
                // A thread of its own, and a gate for the limit.
                "context" => hello with
                {
                    Umask = 63,
                    Nice = 5,
                    Limits = new ResourceLimits { OpenFiles = 64 },
                },
                "cgroup" => hello with { Containment = Containment.Cgroup },
                _ => throw new ArgumentException($"no kind: {kind}", nameof(kind)),
            }
        );
    }

    private static async Task OneAsync(OslHost osl, string kind)
    {
        var outcome = await osl.ExecuteAsync(Operation(kind), OperationContext.Current);
        outcome.Switch(
            done => Say($"ok {done.ExitStatus}"),
            error => Say($"error {error.Code} {error.Effect} {error.Message.ReplaceLineEndings(" ")}")
        );
    }

    private static void State() =>
        Say(
            string.Create(
                CultureInfo.InvariantCulture,
                $"descriptors {HostState.Descriptors()} children {HostState.Children().Count} zombies {HostState.Children().Count(state => state == 'Z')}"
            )
        );

    private static void Say(string line)
    {
        Console.Out.WriteLine(line);
        Console.Out.Flush();
    }
}
