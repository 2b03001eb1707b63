using System.Globalization;
using Osl.Hosting;
using Osl.Operations;
using Osl.Operations.Processes;

namespace Osl.Bench;

/// <summary>What a run costs that is contained, less privileged or sandboxed, beside one that is neither.</summary>
internal static class ContextBench
{
    internal static async Task RunAsync(bool quick, OslHost osl)
    {
        var count = quick ? 50 : 500;
        var plain = new SpawnProcessOperation("/bin/true").WithNewProcessGroup();
        var contenders = new List<(string Name, Func<Task<double>> Run)>();
        foreach (var (name, spawn) in Kinds(plain))
        {
            var refused = (await osl.ExecuteAsync(new RunProcessOperation(spawn), OperationContext.Current)).Match<OperationError?>(
                _ => null,
                error => error
            );
            if (refused is null)
            {
                contenders.Add((name, () => Measure.PerCallAsync(count, 1, () => RunAsync(osl, spawn))));
            }
            else
            {
                Console.WriteLine($"\n{name}: not here: {refused.Message}");
            }
        }

        var figures = await Measure.RoundsAsync(quick ? 3 : 9, [.. contenders]);
        Console.WriteLine();
        Console.WriteLine("| spawn → exit, µs | median | against a plain one |");
        Console.WriteLine("|---|---|---|");
        foreach (var figure in figures)
        {
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {figure.Name} | {figure.Value:F0} | {figure.Ratio:F2} |"));
        }
    }

    private static IEnumerable<(string Name, SpawnProcessOperation Spawn)> Kinds(SpawnProcessOperation plain)
    {
        yield return ("plain", plain);
        yield return ("nice 5", plain with { Nice = 5 });
        yield return ("as another account", plain with { RunAs = new RunAs("nobody") });
        yield return ("no new privileges", plain with { Privileges = new PrivilegeConfig { NoNewPrivileges = true } });
        yield return ("in a cgroup", plain with { Containment = Containment.Cgroup });
        yield return ("in a pid namespace", plain with { Containment = Containment.PidNamespace });
        yield return ("sandbox: reads and executes /usr, no network", plain with { Sandbox = Sandbox });
    }

    private static SandboxConfig Sandbox =>
        new()
        {
            ReadPaths = ["/etc"],
            ExecutePaths = ["/usr", "/bin", "/lib", "/lib64"],
            NoNetwork = true,
        };

    private static async ValueTask RunAsync(OslHost osl, SpawnProcessOperation spawn)
    {
        var run = await osl.ExecuteAsync(new RunProcessOperation(spawn), OperationContext.Current).OrThrow();
        run.EnsureSuccess();
    }
}
