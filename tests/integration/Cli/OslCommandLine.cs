using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Osl.Executors.Linux;
using Osl.Interop.Linux;

namespace Osl.Tests.Integration.Cli;

/// <summary>What a finished osl left: its exit code, and what it wrote.</summary>
internal sealed record OslOutcome(int ExitCode, byte[] OutputBytes, string Error)
{
    internal string Output => Encoding.UTF8.GetString(OutputBytes);

    internal JsonElement Json() => JsonDocument.Parse(Output).RootElement;

    internal IReadOnlyList<JsonElement> JsonLines() =>
        [.. Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement)];
}

/// <summary>
/// The built osl, run as people run it: a program of its own, with an audit directory of its own. Whatever a test leaves running is
/// ended with it.
/// </summary>
internal sealed class OslCommandLine : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly List<OslSession> _sessions = [];

    internal OslCommandLine()
    {
        if (!OperatingSystem.IsWindows())
        {
            System.IO.Directory.CreateDirectory(
                RuntimeDirectory,
                UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
            );
        }
    }

    /// <summary>The program: what was built beside the tests, unless OSL_UNDER_TEST names an installed one.</summary>
    internal static string Path { get; } =
        Environment.GetEnvironmentVariable("OSL_UNDER_TEST")
        ?? System.IO.Path.Combine(AppContext.BaseDirectory, OperatingSystem.IsWindows() ? "osl.exe" : "osl");

    /// <summary>A directory for whatever the test needs.</summary>
    internal string Directory { get; } = System.IO.Directory.CreateTempSubdirectory("osl-cli-").FullName;

    internal string AuditDirectory => System.IO.Path.Combine(Directory, "audit");

    private string RuntimeDirectory => System.IO.Path.Combine(Directory, "run");

    /// <summary>Runs osl to its end.</summary>
    internal Task<OslOutcome> RunAsync(params string[] arguments) => RunAsync([], arguments);

    internal async Task<OslOutcome> RunAsync(byte[] input, string[] arguments)
    {
        using var process = Start(Path, arguments);
        return await FinishAsync(process, input);
    }

    /// <summary>Runs any other program with osl's directories in its environment; <c>$OSL</c> is osl.</summary>
    internal async Task<OslOutcome> RunOtherAsync(string program, params string[] arguments)
    {
        using var process = Start(program, arguments);
        return await FinishAsync(process, []);
    }

    /// <summary>Starts osl, or a program that runs it, to talk to it while it runs.</summary>
    internal OslSession Open(params string[] arguments) => OpenOther(Path, arguments);

    internal OslSession OpenOther(string program, params string[] arguments)
    {
        var session = new OslSession(Start(program, arguments), Patience);
        _sessions.Add(session);
        return session;
    }

    /// <summary>The records of the journal, as osl lists them.</summary>
    internal async Task<IReadOnlyList<JsonElement>> RecordsAsync()
    {
        var list = await RunAsync("audit", "list", "--json");
        Assert.Equal(0, list.ExitCode);
        return list.JsonLines();
    }

    /// <summary>How many members of a group are alive.</summary>
    internal static int AliveIn(int pgid) =>
        ProcFs.Pids().Count(pid => ProcFs.TryReadStat(pid, out var stat) && stat.IsAlive && stat.Pgid == pgid);

    internal static bool IsAlive(int pid) => ProcFs.TryReadStat(pid, out var stat) && stat.IsAlive;

    public void Dispose()
    {
        foreach (var session in _sessions)
        {
            session.Dispose();
        }

        System.IO.Directory.Delete(Directory, recursive: true);
    }

    private static async Task<OslOutcome> FinishAsync(Process process, byte[] input)
    {
        using var limit = new CancellationTokenSource(Patience);
        var output = new MemoryStream();
        try
        {
#pragma warning disable CA2025 // Awaited below; given up by the same limit when that throws.
            var reading = process.StandardOutput.BaseStream.CopyToAsync(output, limit.Token);
            var error = process.StandardError.ReadToEndAsync(limit.Token);
#pragma warning restore CA2025
            await process.StandardInput.BaseStream.WriteAsync(input, limit.Token);
            process.StandardInput.Close();
            await process.WaitForExitAsync(limit.Token);
            await reading;
            return new OslOutcome(process.ExitCode, output.ToArray(), await error);
        }
        catch (OperationCanceledException e)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"osl did not end: {string.Join(' ', process.StartInfo.ArgumentList)}", e);
        }
    }

    private Process Start(string program, string[] arguments)
    {
        if (OperatingSystem.IsLinux() && SignalDispositions.PassedOn() != 0)
        {
            // Whoever runs the tests by nohup, or as a job of a shell without job control, means them and not what they test: osl would
            // pass it on.
            (program, arguments) = ("/usr/bin/env", ["--default-signal=HUP,INT,QUIT", program, .. arguments]);
        }

        var start = new ProcessStartInfo(program, arguments)
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Directory,
        };
        start.Environment["OSL"] = Path;
        start.Environment["OSL_AUDIT_DIR"] = AuditDirectory;
        start.Environment["XDG_RUNTIME_DIR"] = RuntimeDirectory;
        start.Environment.Remove("OSL_POLICY");
        return Process.Start(start)!;
    }
}
