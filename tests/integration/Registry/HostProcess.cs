using System.Diagnostics;
using System.Globalization;
using Osl.Interop.Linux;
using Xunit;

namespace Osl.Tests.Integration.Registry;

/// <summary>A running tests/RegistryHost, and a mark by which everything it started can be found and ended.</summary>
internal sealed class HostProcess : IDisposable
{
    private const string MarkVariable = "OSL_TEST_MARK";
    private readonly string _mark = Guid.NewGuid().ToString("N");
    private readonly Process _process;

    private HostProcess(string directory, string[] wrapper)
    {
        string[] command =
        [
            .. wrapper,
            Environment.ProcessPath is { } path && Path.GetFileName(path) is "dotnet" ? path : "dotnet",
            Path.Combine(AppContext.BaseDirectory, "registryhost.dll"),
            directory,
        ];
        var info = new ProcessStartInfo(command[0], command[1..])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        info.Environment[MarkVariable] = _mark;
        info.Environment["DOTNET_EnableDiagnostics"] = "0";
        info.Environment["DOTNET_TieredPGO"] = "0";
        _process = Process.Start(info)!;
        Pid = int.Parse(Read().Split(' ')[1], CultureInfo.InvariantCulture);
    }

    internal int Pid { get; }

    internal static HostProcess Start(string directory) => new(directory, []);

    /// <summary>In a session, hence a group, of its own.</summary>
    internal static HostProcess StartApart(string directory) => new(directory, ["/usr/bin/setsid"]);

    internal static HostProcess StartAsNobody(string directory) =>
        new(directory, ["/usr/bin/setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"]);

    /// <summary>Where one program, in its own mount namespace, is /bin/false: it starts and fails.</summary>
    internal static HostProcess StartWithBroken(string program, string directory) =>
        new(directory, ["/usr/bin/unshare", "--mount", "/bin/sh", "-c", $"mount --bind /bin/false {program} && exec \"$@\"", "sh"]);

    internal string Read() => _process.StandardOutput.ReadLine() ?? throw new InvalidOperationException("The host is gone.");

    internal void Tell(string line)
    {
        _process.StandardInput.WriteLine(line);
        _process.StandardInput.Flush();
    }

    internal string Ask(string line)
    {
        Tell(line);
        return Read();
    }

    /// <summary>Reserves, starts and completes an entry; its process.</summary>
    internal Held Launch(string name, string kind, string script)
    {
        _ = Reserve(name, kind);
        var held = Start(name, script);
        Assert.Equal("ok", Ask($"started {name}"));
        return held;
    }

    /// <summary>The guardian after it, 0 while there is none.</summary>
    internal int Reserve(string name, string kind)
    {
        var answer = Ask($"reserve {name} {kind}").Split(' ');
        Assert.Equal("reserved", answer[0]);
        return int.Parse(answer[2], CultureInfo.InvariantCulture);
    }

    internal Held Start(string name, string script)
    {
        var answer = Ask($"start {name} {script}").Split(' ');
        Assert.Equal("pid", answer[0]);
        return new Held(int.Parse(answer[1], CultureInfo.InvariantCulture));
    }

    internal void Kill()
    {
        Assert.Equal(0, Signals.Kill(Pid, Libc.SIGKILL));
        _process.WaitForExit();
    }

    internal void WaitForExit() => _process.WaitForExit();

    /// <summary>Whom it started and who is alive, however far they went.</summary>
    internal List<int> Living()
    {
        var entry = System.Text.Encoding.ASCII.GetBytes($"{MarkVariable}={_mark}");
        return [.. ProcFs.Pids().Where(pid => pid != Pid && ProcFs.HasEnvironmentEntry(pid, entry))];
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            _process.WaitForExit();
        }

        foreach (var pid in Living())
        {
            _ = Signals.Kill(pid, Libc.SIGKILL);
        }

        _process.Dispose();
    }
}

/// <summary>A process held by pidfd: waited for, and never mistaken.</summary>
internal sealed class Held : IDisposable
{
    // Against a hang only; no test asserts a time.
    private const int Patience = 120_000;
    private readonly int _pidfd;

    internal Held(int pid)
    {
        Pid = pid;
        _pidfd = Libc.PidfdOpen(pid);
        Assert.True(_pidfd >= 0, $"{pid} is gone");
    }

    internal int Pid { get; }

    internal bool IsAlive => !Descriptor.WaitReadable(_pidfd, 0);

    internal ProcLine Stat => ProcFs.TryReadStat(Pid, out var stat) ? stat : default;

    internal void WaitUntilEnded() => Assert.True(Descriptor.WaitReadable(_pidfd, Patience), $"{Pid} still lives");

    internal void Send(int signal) => Assert.Equal(0, Libc.PidfdSendSignal(_pidfd, signal, 0));

    internal void End()
    {
        _ = Libc.PidfdSendSignal(_pidfd, Libc.SIGKILL, 0);
        WaitUntilEnded();
    }

    public void Dispose() => _ = Libc.Close(_pidfd);
}
