using System.Diagnostics;
using System.Globalization;
using Osl.Interop.Linux;
using Osl.Operations.Processes;

namespace Osl.Tests.Integration.Linux;

/// <summary>
/// Gives the numbers of processes that have ended to strangers, by ns_last_pid (proc_sys_kernel(5)): for a host in a pid namespace of its own.
/// A stranger leads a session, so that the number is its group's too.
/// </summary>
internal sealed class PidReuse : IDisposable
{
    private const string LastPid = "/proc/sys/kernel/ns_last_pid";

    /// <summary>
    /// Whom it was that one line of input names: tried until the number is free, since others of the namespace begin processes and threads too.
    /// </summary>
    private const string Script = """
        who=
        while read -r number tries; do
            while [ $tries -gt 0 ]; do
                tries=$((tries - 1))
                echo $((number - 1)) > /proc/sys/kernel/ns_last_pid
                setsid sh -c 'echo $$; exec sleep 3600' 2>/dev/null >"$0" &
                if [ $! -eq $number ]; then
                    until [ "$who" = "$number" ]; do read -r who < "$0"; done
                    who=
                    echo taken
                    read -r go
                    kill -s KILL $number
                    wait $number
                    echo freed
                    continue 2
                fi
                kill -s KILL $! 2>/dev/null
                wait $!
            done
            echo given up
        done
        """;

    private readonly Process _shell;

    /// <param name="directory">Where its FIFO goes.</param>
    internal PidReuse(string directory)
    {
        var fifo = Path.Combine(directory, "stranger");
        using (var made = Process.Start("/usr/bin/mkfifo", [fifo]))
        {
            made.WaitForExit();
        }

        // Open for both, so that neither end waits for the other one to be opened.
        _shell = Process.Start(
            new ProcessStartInfo("/bin/sh", ["-c", "exec 9<>\"$0\"; " + Script, fifo])
            {
                UseShellExecute = false,
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
            }
        )!;
    }

    /// <summary>Whether this kernel lets us say which number is the next.</summary>
    internal static bool IsThere => File.Exists(LastPid);

    /// <summary>Begins to give a number away, as soon as it is free.</summary>
    internal void Begin(int number, int tries = 20_000)
    {
        _shell.StandardInput.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{number} {tries}"));
        _shell.StandardInput.Flush();
    }

    /// <summary>The stranger that has the number now; null when it was never free.</summary>
    internal async Task<ProcLine?> TakenAsync(int number, CancellationToken cancelled)
    {
        var answer = await _shell.StandardOutput.ReadLineAsync(cancelled);
        if (answer is "given up")
        {
            return null;
        }

        Assert.Equal("taken", answer);
        Assert.True(ProcLine.TryRead(number, out var stranger));
        Assert.Equal(number, stranger.Pgid);
        return stranger;
    }

    internal async Task<ProcLine> TakeAsync(int number, CancellationToken cancelled)
    {
        while (true)
        {
            Begin(number);
            if (await TakenAsync(number, cancelled) is { } stranger)
            {
                return stranger;
            }

            // One of the pool ends when it has been idle for a while.
            Assert.True(IsOurThread(number), $"{number} was never free.");
        }
    }

    /// <summary>
    /// Whether a thread of this host has the number: begun between the shell's word and its fork, as happens once in some thousand tries.
    /// </summary>
    internal static bool IsOurThread(int number) => Directory.Exists($"/proc/self/task/{number}");

    /// <summary>The stranger lives, and is ended: the number is free again.</summary>
    internal async Task FreeAsync(ProcLine stranger, CancellationToken cancelled)
    {
        AssertLives(stranger);
        _shell.StandardInput.WriteLine();
        _shell.StandardInput.Flush();
        Assert.Equal("freed", await _shell.StandardOutput.ReadLineAsync(cancelled));
    }

    internal static void AssertLives(ProcLine stranger)
    {
        Assert.True(ProcLine.TryRead(stranger.Pid, out var now), $"{stranger.Pid} is gone");
        Assert.Equal((stranger.StartTime, true), (now.StartTime, now.State is 'S' or 'R' or 'D'));
    }

    /// <summary>
    /// Lets the clock of /proc go on: a process that began within the same hundredth of a second, under the same number, has the same
    /// reference (knowledge/pidfd.md).
    /// </summary>
    internal static void PassTick(ProcessRef process)
    {
        var started = process.StartTime;
        while (started <= process.StartTime)
        {
            using var young = Process.Start("/bin/true");
            started = ProcLine.TryRead(young.Id, out var line) ? line.StartTime : started;
            young.WaitForExit();
        }
    }

    public void Dispose()
    {
        _shell.StandardInput.Close();
        _shell.WaitForExit();
        _shell.Dispose();
    }
}
