using System.Diagnostics;
using System.Globalization;
using System.Runtime.Versioning;
using Osl.Interop.Linux;
using Osl.Tests.Integration.Cli;

namespace Osl.Tests.Integration.Readme;

/// <summary>
/// A bash that is told one command after the other, in a clean home of its own, with osl on its PATH. Its output and its errors are
/// one stream, as on a terminal; there is no input.
/// </summary>
[UnsupportedOSPlatform("windows")]
internal sealed class TranscriptShell : IDisposable
{
    private readonly Process _bash;
    private readonly TimeSpan _patience;

    private TranscriptShell(Process bash, string home, TimeSpan patience)
    {
        _bash = bash;
        Home = home;
        _patience = patience;
    }

    internal string Home { get; }

    /// <summary>Starts one.</summary>
    /// <param name="directory">Where it begins; null for its home.</param>
    /// <param name="patience">How long a command may take, as a safety net.</param>
    internal static async Task<TranscriptShell> StartAsync(string? directory, TimeSpan patience)
    {
        var home = Directory.CreateTempSubdirectory("osl-readme-").FullName;
        Directory.CreateDirectory(Path.Combine(home, "bin"));
        File.CreateSymbolicLink(Path.Combine(home, "bin", "osl"), OslCommandLine.Path);
        var owner = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
        Directory.CreateDirectory(Path.Combine(home, ".run"), owner);
        // Where packages come from is this machine's to say.
        if (Environment.GetEnvironmentVariable("HOME") is { Length: > 0 } real && Directory.Exists(Path.Combine(real, ".nuget")))
        {
            Directory.CreateSymbolicLink(Path.Combine(home, ".nuget"), Path.Combine(real, ".nuget"));
        }

        var shell = new TranscriptShell(Process.Start(Describe(home, directory ?? home))!, home, patience);
        // Root's journal and registry are the machine's: here they are of a mount namespace, and go with it.
        var ready = IsRoot
            ? "exec 2>&1; for at in /run/osl /var/lib/osl; do mkdir -p -m 700 $at && mount -t tmpfs -o mode=700 osl $at || exit; done"
            : "exec 2>&1";
        await shell._bash.StandardInput.WriteLineAsync(ready);
        Assert.Empty(await shell.RunAsync("true"));
        return shell;
    }

    /// <summary>Runs one command to its end.</summary>
    /// <returns>The lines it printed.</returns>
    internal async Task<IReadOnlyList<string>> RunAsync(string command)
    {
        using var limit = new CancellationTokenSource(_patience);
        var end = Guid.NewGuid().ToString("N", CultureInfo.InvariantCulture);
        var quoted = command.Replace("'", @"'\''", StringComparison.Ordinal);
        // $? is the command's for the next one.
        var line = $"eval '{quoted}' </dev/null; _status=$?; printf '\\n%s\\n' {end}; (exit $_status)\n";
        await _bash.StandardInput.WriteAsync(line.AsMemory(), limit.Token);
        await _bash.StandardInput.FlushAsync(limit.Token);
        var lines = new List<string>();
        while (await _bash.StandardOutput.ReadLineAsync(limit.Token) is { } printed)
        {
            if (string.Equals(printed, end, StringComparison.Ordinal))
            {
                // The line feed before the mark ends a last line that has none, and is an empty line after any other.
                return lines is [.., ""] ? lines[..^1] : lines;
            }

            lines.Add(printed);
        }

        throw new InvalidOperationException($"The shell ended at '{command}': {string.Join('\n', lines)}");
    }

    public void Dispose()
    {
        if (!_bash.HasExited)
        {
            _bash.StandardInput.Close();
            if (!_bash.WaitForExit(_patience))
            {
                _bash.Kill(entireProcessTree: true);
            }
        }

        _bash.Dispose();
        Directory.Delete(Home, recursive: true);
    }

    /// <summary>Whether this account can have what a transcript needs; else why not.</summary>
    internal static string? WhyNot()
    {
        if (!IsRoot)
        {
            return null;
        }

        using var probe = Process.Start("/usr/bin/unshare", ["--mount", "true"]);
        probe.WaitForExit();
        return probe.ExitCode == 0 ? null : "root's registry is the machine's, and no mount namespace can be made here";
    }

    private static bool IsRoot => Libc.GetEuid() == 0;

    private static ProcessStartInfo Describe(string home, string directory)
    {
        string[] bash = ["/bin/bash", "--norc", "--noprofile"];
        string[] all = IsRoot ? ["/usr/bin/unshare", "--mount", .. bash] : bash;
        var start = new ProcessStartInfo(all[0], all[1..])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            WorkingDirectory = directory,
        };
        var kept = start.Environment.Where(variable => IsKept(variable.Key)).ToList();
        start.Environment.Clear();
        kept.ForEach(start.Environment.Add);
        start.Environment["HOME"] = home;
        start.Environment["PATH"] = $"{home}/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
        start.Environment["LANG"] = "C.UTF-8";
        start.Environment["XDG_RUNTIME_DIR"] = Path.Combine(home, ".run");
        // dotnet greets on its first run in a home, and leaves servers behind for the next build.
        start.Environment["DOTNET_NOLOGO"] = "1";
        start.Environment["DOTNET_CLI_TELEMETRY_OPTOUT"] = "1";
        start.Environment["DOTNET_GENERATE_ASPNET_CERTIFICATE"] = "false";
        start.Environment["DOTNET_CLI_USE_MSBUILD_SERVER"] = "0";
        start.Environment["MSBUILDDISABLENODEREUSE"] = "1";
        start.Environment["UseSharedCompilation"] = "false";
        return start;
    }

    /// <summary>What dotnet needs to be found and to find its packages; nothing that changes what osl prints.</summary>
    private static bool IsKept(string name) =>
        name is "DOTNET_ROOT" or "TMPDIR"
        || name.StartsWith("NUGET_", StringComparison.OrdinalIgnoreCase)
        || name.EndsWith("_PROXY", StringComparison.OrdinalIgnoreCase)
        || name.StartsWith("SSL_CERT_", StringComparison.Ordinal);
}
