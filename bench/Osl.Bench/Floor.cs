using System.Diagnostics;
using System.Globalization;

namespace Osl.Bench;

/// <summary>The C floor: compiled here, run as a process of its own, so that its figure holds nothing of ours.</summary>
internal sealed class Floor : IDisposable
{
    private readonly string _program = Path.Combine(Path.GetTempPath(), $"osl-floor-{Environment.ProcessId}");

    internal Floor()
    {
        using var compiler = Process.Start("gcc", ["-O2", "-pthread", "-o", _program, Path.Combine(AppContext.BaseDirectory, "floor.c")]);
        compiler.WaitForExit();
        if (compiler.ExitCode != 0)
        {
            throw new InvalidOperationException("gcc could not compile the floor.");
        }
    }

    /// <summary>Microseconds for each child.</summary>
    internal double Spawn(int count, int inFlight) => Run("spawn", count, inFlight);

    /// <summary>Microseconds for the whole tree.</summary>
    internal double KillTree(int count) => Run("killtree", count);

    public void Dispose() => File.Delete(_program);

    private double Run(string verb, params int[] numbers)
    {
        using var floor =
            Process.Start(
                new ProcessStartInfo(_program, [verb, .. numbers.Select(number => number.ToString(CultureInfo.InvariantCulture))])
                {
                    RedirectStandardOutput = true,
                    UseShellExecute = false,
                }
            ) ?? throw new InvalidOperationException("The floor did not start.");
        var output = floor.StandardOutput.ReadToEnd();
        floor.WaitForExit();
        return double.Parse(output, CultureInfo.InvariantCulture);
    }
}
