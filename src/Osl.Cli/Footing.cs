using System.Globalization;
using System.Text;
using Osl.Interop.Linux;

namespace Osl.Cli;

/// <summary>
/// What has to hold before anything of osl is loaded (knowledge/hostile-surroundings.md).
/// </summary>
/// <remarks>
/// Where descriptors, threads or address space run out, .NET does not throw: it aborts (134, as if the program had), prints a stack
/// trace, or hangs. So osl looks before, and refuses in one line while it still can. Nothing here needs more than the runtime's core
/// and our native calls: each further assembly takes two descriptors.
/// </remarks>
internal static class Footing
{
    /// <summary>Two for each assembly, and what a run opens: 24 are open here, and `osl run` came through with 96 in all, not with 92.</summary>
    internal const int NeededDescriptors = 96;

    /// <summary>Threads of the runtime's and ours, the guardian with its helpers, the program; with room to spare.</summary>
    internal const int NeededTasks = 32;

    /// <summary>The runtime reserves half of the limit for its heap; at 2.7 GB it still aborted now and then.</summary>
    internal const ulong NeededAddressSpace = 4UL << 30;

    /// <summary>The runtime writes code into a memory file; at 8 MB it aborted, at 16 MB it worked.</summary>
    internal const ulong NeededFileSize = 32UL << 20;

    /// <summary>A limit above this is not counted against: nobody leaks so many.</summary>
    private const int Ample = 1024;

    /// <summary>Makes things safe that can be made so.</summary>
    /// <param name="arguments">The command line, which decides how a refusal is numbered.</param>
    /// <returns>The exit code if nothing may be done here; else null.</returns>
    internal static int? Secure(string[] arguments)
    {
        if (OperatingSystem.IsWindows())
        {
            return null;
        }

        var isRun = IsRun(arguments);
        var exitCode = isRun ? ExitCodes.Refused : ExitCodes.Failed;
        PlugStandardStreams();
        IgnoreFileSizeSignal();
        if (Lack() is { } lack)
        {
            Tell($"osl: {lack.Message}\n     {lack.Remedy}\n");
            return exitCode;
        }

        AppDomain.CurrentDomain.UnhandledException += (_, thrown) => GiveUp(thrown.ExceptionObject as Exception, exitCode);
        return null;
    }

    /// <summary>Whether a command line is one of `osl run`, without the parser.</summary>
    internal static bool IsRun(string[] arguments)
    {
        for (var at = 0; at < arguments.Length; at++)
        {
            var argument = arguments[at];
            if (argument is "--audit-dir" or "--policy")
            {
                at++;
            }
            else if (!argument.StartsWith('-'))
            {
                return string.Equals(argument, "run", StringComparison.Ordinal);
            }
        }

        return false;
    }

    /// <summary>
    /// A number from 0 to 2 that is free would be given to the next file that is opened, the journal for one, and the runtime writes
    /// there when it aborts. Close-on-exec, so that it still counts as closed: no standard stream can be that.
    /// </summary>
    private static void PlugStandardStreams()
    {
        for (var number = 0; number <= 2; number++)
        {
            if (Libc.Fcntl(number, Libc.F_GETFD, 0) < 0 && Libc.Open("/dev/null", Libc.O_RDWR | Libc.O_CLOEXEC, 0) is > 2 and var other)
            {
                // Another thread of the runtime was quicker, and holds the number.
                _ = Libc.Close(other);
            }
        }
    }

    /// <summary>So that a write beyond RLIMIT_FSIZE is an error, told as such. What osl starts has it at its default again.</summary>
    private static unsafe void IgnoreFileSizeSignal()
    {
        var action = stackalloc byte[Libc.SigactionSize];
        new Span<byte>(action, Libc.SigactionSize).Clear();
        *(nint*)action = Libc.SIG_IGN;
        _ = Libc.Sigaction(Libc.SIGXFSZ, action, null);
    }

    private static (string Message, string Remedy)? Lack()
    {
        if (Soft(Libc.RLIMIT_NOFILE) is var files and <= Ample && (int)files - Open((int)files) is var free and < NeededDescriptors)
        {
            return Text(
                $"Too few file descriptors: {free} of {files} are free, and osl needs {NeededDescriptors}.",
                $"Raise the limit: ulimit -n {Ample}."
            );
        }

        if (Soft(Libc.RLIMIT_AS) is var space and < NeededAddressSpace)
        {
            return Text(
                $"Too little address space: the limit is {space} bytes, and osl needs {NeededAddressSpace}.",
                $"Raise the limit: ulimit -v {NeededAddressSpace >> 10}; limit what the program uses by a control group."
            );
        }

        if (Soft(Libc.RLIMIT_FSIZE) is var size and < NeededFileSize)
        {
            return Text(
                $"Files may be too small: the limit is {size} bytes, and osl needs {NeededFileSize}.",
                $"Raise the limit: ulimit -f {NeededFileSize >> 10} (in bash), or limit the program alone: osl run -- sh -c 'ulimit -f N; exec PROGRAM'."
            );
        }

        // Who is root is held to no number of processes.
        return
            Libc.GetEuid() != 0
            && Soft(Libc.RLIMIT_NPROC) is var tasks and <= Ample
            && (int)tasks - TasksOf(Libc.GetUid()) is var left and < NeededTasks
            ? Text(
                $"Too few processes: this account may have {left} more threads, and osl needs {NeededTasks}.",
                $"Raise the limit (ulimit -u), or end something: it is {tasks} for the whole account."
            )
            : null;
    }

    private static (string, string) Text(FormattableString message, FormattableString remedy) =>
        (message.ToString(CultureInfo.InvariantCulture), remedy.ToString(CultureInfo.InvariantCulture));

    private static ulong Soft(int resource) => Libc.GetRlimit(resource, out var limit) == 0 ? limit.Soft : Libc.RLIM_INFINITY;

    private static int Open(int limit)
    {
        var open = 0;
        for (var number = 0; number < limit; number++)
        {
            open += Libc.Fcntl(number, Libc.F_GETFD, 0) >= 0 ? 1 : 0;
        }

        return open;
    }

    /// <summary>How many threads an account has, as far as /proc shows.</summary>
    internal static int TasksOf(uint uid)
    {
        var tasks = 0;
        try
        {
            foreach (var process in Directory.EnumerateDirectories("/proc"))
            {
                if (char.IsAsciiDigit(process[^1]) && FileStatus.Read(process, out var status) == 0 && status.OwnerUid == uid)
                {
                    tasks += TasksIn(process);
                }
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // No /proc: nothing is started without it, which will be said in its place.
            return 0;
        }

        return tasks;
    }

    private static int TasksIn(string process)
    {
        try
        {
            return Directory.GetDirectories(process + "/task").Length;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It has ended meanwhile.
            return 0;
        }
    }

    /// <summary>What nobody caught, on a thread of the runtime's: one line and our exit code, where the runtime would abort.</summary>
    private static void GiveUp(Exception? thrown, int exitCode)
    {
        var root = thrown?.GetBaseException();
        Tell(
            $"osl: {root?.GetType().Name}: {Operations.DisplayText.Escape(root?.Message)}\n     Something ran out, or this is a defect of osl.\n"
        );
        Libc.ExitNow(exitCode);
    }

    private static unsafe void Tell(string text)
    {
        if (!Descriptor.IsInheritable(2))
        {
            // Closed: what has the number is the runtime's.
            return;
        }

        var bytes = Encoding.UTF8.GetBytes(text);
        fixed (byte* start = bytes)
        {
            _ = Libc.Write(2, start, bytes.Length);
        }
    }
}
