using System.Diagnostics;
using System.Globalization;
using System.Runtime.Versioning;
using Osl.Interop.Linux;
using Osl.Security.Audit;
using Osl.Tests.Integration.Linux;

namespace Osl.Tests.Integration.Hosting;

/// <summary>
/// Launches whose system calls fail (strace -e inject), and hosts that are killed as they make one: no descriptor, no child and no orphan is
/// left, each answer is a value, and afterwards the host works as before.
/// </summary>
[UnsupportedOSPlatform("windows")]
public sealed class LaunchFaultTests : IDisposable
{
    private const string Mark = "OSL_TEST_MARK";

    /// <summary>
    /// Who refuses clone(2) refuses the runtime its threads too, and that aborts with "Out of memory." then (knowledge/descriptors.md). Such
    /// a host has to leave nothing either; what is asked of one that lives is asked of the next.
    /// </summary>
    private const int MostAborts = 20;

    private readonly string _directory = Directory.CreateTempSubdirectory("osl-launch-faults-").FullName;
    private readonly string _mark = Guid.NewGuid().ToString("N");
    private Process _host;
    private Task<string> _error;

    public LaunchFaultTests() => (_host, _error) = Start();

    private static CancellationToken Test => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        End();
        Directory.Delete(_directory, recursive: true);
    }

    [Theory]
    [InlineData("clone,clone3,vfork", "EAGAIN", "plain")]
    [InlineData("clone,clone3,vfork", "ENOMEM", "captured")]
    [InlineData("pipe2", "EMFILE", "captured")]
    [InlineData("pidfd_open", "EMFILE", "plain")]
    [InlineData("pidfd_open", "ENOMEM", "captured")]
    [InlineData("epoll_ctl", "ENOMEM", "captured")]
    [InlineData("epoll_ctl", "ENOSPC", "plain")]
    [InlineData("waitid", "EINTR", "plain")]
    [InlineData("openat", "EINTR", "captured")]
    [InlineData("seccomp", "ENOMEM", "context")]
    [InlineData("seccomp", "EINTR", "context")]
    [InlineData("eventfd2", "EMFILE", "context")]
    [InlineData("prlimit64", "EPERM", "context")]
    public async Task Calls_that_fail_leave_nothing_and_the_host_works_on(string call, string error, string kind)
    {
        Needs(call);
        string before;
        Tracing trace;
        List<string> answers;
        for (var aborts = 0; ; aborts++)
        {
            await WarmUpAsync(kind);
            before = await AskAsync("state");
            trace = await TraceAsync(call, $"error={error}:when=1+2");
            answers = await TryRunAsync(8, kind);
            if (!call.StartsWith("clone", StringComparison.Ordinal) || answers.Count == 8)
            {
                break;
            }

            Assert.True(aborts < MostAborts, $"{MostAborts} hosts have aborted");
            await trace.EndsAsync();
            await AbortedAsync();
        }

        await trace.LetGoAsync();
        Assert.Equal(8, answers.Count);
        Assert.True(trace.Injected > 0, $"nothing was injected: {string.Join('\n', answers)}");
        Assert.All(answers, answer => Assert.Matches("^(ok |error [a-z_]+ (None|Happened|Unknown) .+)", answer));
        Assert.All(await RunAsync(4, kind), answer => Assert.Equal("ok exit code 0", answer));
        await SettlesAsync(before);
        Assert.Empty(Left());
        var after = await AskAsync("close");
        Assert.Contains("children 0 zombies 0", after, StringComparison.Ordinal);
        await _host.WaitForExitAsync(Test);
        Assert.NotEqual(JournalVerdict.Damaged, JournalVerifier.Verify(Path.Combine(_directory, "audit")).Verdict);
    }

    [Theory]
    [InlineData("clone,clone3,vfork", 1, "plain")]
    [InlineData("clone,clone3,vfork", 2, "captured")]
    [InlineData("pipe2", 1, "captured")]
    [InlineData("pidfd_open", 1, "plain")]
    [InlineData("pidfd_open", 2, "captured")]
    [InlineData("epoll_ctl", 1, "captured")]
    [InlineData("epoll_ctl", 2, "plain")]
    [InlineData("waitid", 1, "plain")]
    [InlineData("pwrite64", 1, "plain")]
    [InlineData("pwrite64", 3, "context")]
    [InlineData("seccomp", 1, "context")]
    [InlineData("prlimit64", 1, "context")]
    public async Task A_host_that_is_killed_as_it_makes_a_call_leaves_nothing(string call, int time, string kind)
    {
        Needs(call);
        await WarmUpAsync(kind);
        var trace = await TraceAsync(call, string.Create(CultureInfo.InvariantCulture, $"signal=SIGKILL:when={time}"));
        await _host.StandardInput.WriteLineAsync($"run 20 {kind}".AsMemory(), Test);
        await _host.StandardInput.FlushAsync(Test);
        await _host.WaitForExitAsync(Test);
        await trace.EndsAsync();

        await NobodyIsLeftAsync();
        Assert.NotEqual(JournalVerdict.Damaged, JournalVerifier.Verify(Path.Combine(_directory, "audit")).Verdict);
    }

    private static void Needs(string call) =>
        Assert.SkipUnless(
            call is not "seccomp" || Environment.IsPrivilegedProcess,
            "What an ordinary user starts is held by a lease: a filter needs a privilege, or no_new_privs (adr/0035)."
        );

    private async Task WarmUpAsync(string kind)
    {
        Assert.All(await RunAsync(3, kind), answer => Assert.Equal("ok exit code 0", answer));
        Assert.SkipUnless(await CanTraceAsync(), "strace is not here, or this account may not trace what it has started");
    }

    private (Process Host, Task<string> Error) Start()
    {
        var start = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "spawnhost"), ["faults", _directory])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        start.Environment[Mark] = _mark;
        var host = Process.Start(start)!;
        Assert.Equal($"ready {host.Id}", host.StandardOutput.ReadLine());
        return (host, host.StandardError.ReadToEndAsync(Test));
    }

    private void End()
    {
        if (!_host.HasExited)
        {
            _host.Kill();
        }

        _host.WaitForExit();
        _host.Dispose();
    }

    /// <summary>The runtime itself has ended the host: nothing of ours is in what it said. The next one takes its place.</summary>
    private async Task AbortedAsync()
    {
        await _host.WaitForExitAsync(Test);
        Assert.Equal((134, "Out of memory."), (_host.ExitCode, (await _error).Trim()));
        await NobodyIsLeftAsync();
        Assert.NotEqual(JournalVerdict.Damaged, JournalVerifier.Verify(Path.Combine(_directory, "audit")).Verdict);
        End();
        (_host, _error) = Start();
    }

    /// <summary>The guardian carries no mark; when it is through with its work, nobody who does is left.</summary>
    private Task NobodyIsLeftAsync() => Ends.OfAllAsync(Left);

    private async Task<List<string>> RunAsync(int count, string kind)
    {
        var answers = await TryRunAsync(count, kind);
        Assert.Equal(count, answers.Count);
        return answers;
    }

    /// <summary>Fewer answers than asked for, when the host has ended meanwhile.</summary>
    private async Task<List<string>> TryRunAsync(int count, string kind)
    {
        await _host.StandardInput.WriteLineAsync($"run {count} {kind}".AsMemory(), Test);
        await _host.StandardInput.FlushAsync(Test);
        var answers = new List<string>();
        while (await _host.StandardOutput.ReadLineAsync(Test) is { } line && line is not "done")
        {
            answers.Add(line);
        }

        return answers;
    }

    private async Task<string> AskAsync(string question)
    {
        await _host.StandardInput.WriteLineAsync(question.AsMemory(), Test);
        await _host.StandardInput.FlushAsync(Test);
        return await _host.StandardOutput.ReadLineAsync(Test) ?? "";
    }

    /// <summary>What has just ended is let go of on the pool: looked at until it is as before.</summary>
    private Task SettlesAsync(string before) => Until.AnsweredAsync(before, () => AskAsync("state"));

    private List<int> Left()
    {
        var entry = System.Text.Encoding.ASCII.GetBytes($"{Mark}={_mark}");
        return [.. ProcFs.Pids().Where(pid => pid != _host.Id && ProcFs.HasEnvironmentEntry(pid, entry))];
    }

    private async Task<bool> CanTraceAsync()
    {
        try
        {
            var trace = await TraceAsync("getpid", "error=EPERM:when=60000");
            await trace.LetGoAsync();
            return true;
        }
        catch (Exception e) when (e is System.ComponentModel.Win32Exception or InvalidOperationException)
        {
            return false;
        }
    }

    private Task<Tracing> TraceAsync(string call, string inject) =>
        Tracing.BeginAsync(_host.Id, call, inject, Path.Combine(_directory, $"trace-{call}-{Guid.NewGuid():N}"));

    /// <summary>strace(1), attached to all threads of a program and to what it starts.</summary>
    private sealed class Tracing
    {
        private readonly Process _strace;
        private readonly Task<string> _rest;
        private readonly string _log;

        private Tracing(Process strace, string log)
        {
            _strace = strace;
            _log = log;
            _rest = strace.StandardError.ReadToEndAsync(Test);
        }

        /// <summary>How many calls were made to fail; once it is over.</summary>
        internal int Injected => File.ReadLines(_log).Count(line => line.EndsWith("(INJECTED)", StringComparison.Ordinal));

        /// <exception cref="InvalidOperationException">It could not attach.</exception>
        internal static async Task<Tracing> BeginAsync(int pid, string call, string inject, string log)
        {
            var strace = Process.Start(
                new ProcessStartInfo(
                    "strace",
                    ["-f", "-o", log, "-p", $"{pid}", "-e", $"trace={call}", "-e", "signal=none", "-e", $"inject={call}:{inject}"]
                )
                {
                    RedirectStandardError = true,
                    UseShellExecute = false,
                }
            )!;
            if (await strace.StandardError.ReadLineAsync(Test) is not { } line || !line.Contains(" attached", StringComparison.Ordinal))
            {
                throw new InvalidOperationException("strace has not attached.");
            }

            return new Tracing(strace, log);
        }

        internal async Task LetGoAsync()
        {
            Assert.Equal(0, Libc.Kill(_strace.Id, Libc.SIGINT));
            await EndsAsync();
        }

        internal async Task EndsAsync()
        {
            await _strace.WaitForExitAsync(Test);
            _ = await _rest;
            _strace.Dispose();
        }
    }
}
