using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Osl.Bench;

/// <summary>
/// How long whole processes take: <c>osl run -- true</c> beside the least that .NET can do and <c>env true</c>. All that is .NET is
/// published here, ReadyToRun, as it is installed.
/// </summary>
internal sealed class StartUp : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("osl-bench-start-");

    internal StartUp()
    {
        Publish("src/Osl.Cli", "osl");
        Publish("bench/Hello", "hello");
    }

    /// <summary>Milliseconds of wall time, each after the other.</summary>
    internal Task<IReadOnlyList<Figure>> MeasureAsync(int rounds) =>
        Measure.RoundsAsync(
            rounds,
            ("hello", () => Run(Path.Combine(_directory.FullName, "hello", "hello"))),
            (
                "osl",
                () =>
                    Run(
                        Path.Combine(_directory.FullName, "osl", "osl"),
                        "run",
                        "--audit-dir",
                        Path.Combine(_directory.FullName, "audit"),
                        "--",
                        "true"
                    )
            ),
            ("env", () => Run("/usr/bin/env", "true"))
        );

    public void Dispose() => _directory.Delete(recursive: true);

    private static async Task<double> Run(string program, params string[] arguments)
    {
        var start = Stopwatch.GetTimestamp();
        using var process =
            Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, UseShellExecute = false })
            ?? throw new InvalidOperationException($"{program} did not start.");
        await process.WaitForExitAsync();
        var elapsed = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        return process.ExitCode == 0 ? elapsed : throw new InvalidOperationException($"{program} exited with {process.ExitCode}.");
    }

    private void Publish(string project, string name)
    {
        var root = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(root, "Osl.sln")))
        {
            root = Path.GetDirectoryName(root) ?? throw new InvalidOperationException("The bench does not lie in its repository.");
        }

        string[] arguments =
        [
            "publish",
            Path.Combine(root, project),
            "-c",
            "Release",
            "-r",
            RuntimeInformation.RuntimeIdentifier,
            "--self-contained",
            "false",
            "-p:PublishReadyToRun=true",
            "-o",
            Path.Combine(_directory.FullName, name),
        ];
        using var publish = Process.Start(
            new ProcessStartInfo("dotnet", arguments) { RedirectStandardOutput = true, UseShellExecute = false }
        )!;
        var output = publish.StandardOutput.ReadToEnd();
        publish.WaitForExit();
        if (publish.ExitCode != 0)
        {
            throw new InvalidOperationException($"{project} could not be published:\n{output}");
        }
    }
}
