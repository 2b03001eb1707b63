using System.Text;
using Osl.Interop.Files;
using Osl.Interop.Linux;
using Osl.Operations;
using Osl.Operations.Facts;

namespace Osl.Executors.Linux;

/// <summary>
/// Holds the child as a shell that waits for a word from us and then becomes the program: where neither seccomp notification nor a
/// lease is to be had (adr/0051-shell-gate.md).
/// </summary>
/// <remarks>
/// <para>
/// The shell runs a fixed text; program and arguments are its positional parameters. It reads from a pipe of its own: when the host dies that
/// ends, and so does the shell. It forks nothing and searches nothing. The account and everything else that belongs to the thread is on it already.
/// </para>
/// <para>
/// What a shell can't do is refused: it executes by path, so that the program has to lie where nobody else could replace it
/// (knowledge/trusted-paths.md); it hands on only variables whose names it can spell; and a file that the kernel does not know it would take for
/// a script of its own. Those that it sets itself (PWD, IFS …) travel under other names. The name of the program that it sees is its path: <c>exec</c>
/// knows no other.
/// </para>
/// <para>
/// Whether the exec has succeeded no event tells. The child has another command line then. If it has failed, the shell stops itself, twice, since
/// one stop may be somebody else's.
/// </para>
/// </remarks>
internal sealed unsafe class ShellGate(string executed, string? interpreter, int arguments, IReadOnlyList<string> environment) : Gate
{
    /// <summary>Our end of the pipe in the child, as the text has it.</summary>
    internal const int Number = ProgramNames.ChildDescriptor;

    private const int Above = 10;

    /// <summary>In milliseconds, for what takes some hundred microseconds: ProcLine says earlier that it has failed.</summary>
    private const int LongestExec = 10_000;

    /// <summary>Variables that a shell sets on its own when it begins, or keeps from what it starts.</summary>
    private static readonly string[] Special = ["PWD", "OLDPWD", "IFS", "PS1", "PS2", "PS4", "SHLVL", "_"];

    /// <summary>
    /// Others by which the loader (ld.so(8)) and libc choose code, or change how they work, in the shell itself; as well as all that begin with
    /// <c>LD_</c> or <c>MALLOC_</c>.
    /// </summary>
    private static readonly string[] OfTheLoader = ["GLIBC_TUNABLES", "GCONV_PATH", "LOCPATH", "MUSL_LOCPATH", "NLSPATH"];

    /// <summary>Says in the shell which of the latter there are, by their own names.</summary>
    private const string CarriedNames = "OSL_GATE_NAMES=";

    /// <summary>Those that it would not let be set to anything.</summary>
    private static readonly string[] Impossible = ["OPTIND", "LINENO", "PPID"];

    private int _read = -1;
    private int _write = -1;

    private int _execError;

    internal override int ExecError => _execError;

    internal static ShellGate Of(LaunchPlan plan) =>
        new(PathOf(plan), plan.Executable.Facts.Interpreter, plan.Arguments.Count, plan.Environment);

    /// <summary>What the shell is given; begins as nobody else's script does.</summary>
    internal static ReadOnlySpan<byte> Script =>
        """
            # Osl gate: waits for its host's word, then becomes the program.
            trap 'kill -s STOP $$; kill -s STOP $$' EXIT
            read -r osl_gate_word <&3 && [ "$osl_gate_word" = go ] || { trap - EXIT; exit 1; }
            exec 3<&-
            for osl_gate_name in PWD OLDPWD IFS PS1 PS2 PS4 SHLVL _ ${OSL_GATE_NAMES-}; do
                unset "$osl_gate_name"
                eval "osl_gate_word=\${OSL_GATE_$osl_gate_name-} osl_gate_given=\${OSL_GATE_$osl_gate_name+1}"
                [ -z "$osl_gate_given" ] || eval "export $osl_gate_name=\"\$osl_gate_word\""
                unset "OSL_GATE_$osl_gate_name"
            done
            unset osl_gate_word osl_gate_name osl_gate_given OSL_GATE_NAMES
            exec "$@"
            """u8;

    /// <summary>Why it can't be used for a launch; null when it can.</summary>
    internal static OperationError? Refusal(LaunchPlan plan)
    {
        var path = PathOf(plan);
        foreach (var variable in plan.Environment)
        {
            var name = NameOf(variable);
            if (
                !IsSpellable(name)
                || Array.IndexOf(Impossible, name) >= 0
                || name.StartsWith("osl_gate_", StringComparison.OrdinalIgnoreCase)
            )
            {
                return new Unsupported(
                    $"the variable '{name}' for '{path}', which is held by a shell before it runs, and a shell would not hand it on",
                    "Leave it out, or make another gate possible (osl doctor, gates)."
                );
            }
        }

        return IsTrusted(path)
            ? null
            : new Unsupported(
                $"holding '{path}' by a shell before it runs: it lies where others than root and this account could replace it meanwhile",
                "Put it where only they can write, or make another gate possible (osl doctor, gates)."
            );
    }

    /// <summary>What is executed: by path, since a shell can't hand on what is open.</summary>
    internal static string PathOf(LaunchPlan plan) => plan.ByRealPath ? plan.Executable.Facts.CanonicalPath : plan.Executable.Facts.Path;

    internal override int Arm(ref SpawnActions actions, ref int first)
    {
        if (interpreter is ExecutableFacts.OtherFormat || (interpreter is null && !NativeBinary.IsWhole(executed)))
        {
            return Errno.ENOEXEC;
        }

        var error = Descriptor.Pipe(out _read, out _write);
        error = error == 0 ? Descriptor.MoveUp(ref _read, Above) : error;
        error = error == 0 ? Descriptor.MoveUp(ref _write, Above) : error;
        if (error == 0)
        {
            actions.Duplicate(_read, Number);
            first = Number + 1;
        }

        return error;
    }

    internal override void Wrap(RawProgram program, ref byte* path, ref byte** argv, ref byte** envp)
    {
        var shell = ShellProbe.Shell!;
        var table = (nint*)program.Memory((arguments + 5) * sizeof(nint));
        table[0] = program.Text("sh");
        table[1] = program.Text("-c");
        table[2] = program.Text(Encoding.ASCII.GetString(Script));
        table[3] = table[0];
        table[4] = (nint)path;
        for (var at = 1; at < arguments; at++)
        {
            table[4 + at] = (nint)argv[at];
        }

        path = (byte*)program.Text(shell);
        argv = (byte**)table;
        envp = Rename(program, envp);
    }

    internal override int AwaitHeld(RawProgram program)
    {
        while (!program.IsDone)
        {
            var polled = new Libc.PollDescriptor { Descriptor = program.Progress, Events = Libc.POLLIN };
            _ = Libc.PollMany(&polled, 1, -1);
        }

        Close(ref _read);
        return program.FailedStep is null && program.Error == 0 && IsShell(program.Pid) ? program.Pid : 0;
    }

    /// <summary>
    /// posix_spawn(3) returns in the middle of the exec: before there is a command line, and even while it is still ours, since the kernel
    /// lets the parent go on before it exchanges the memory (exec_mmap). It becomes the shell, which waits for us, or it is over.
    /// </summary>
    private static bool IsShell(int pid)
    {
        var spin = default(SpinWait);
        var since = Environment.TickCount64;
        while (Holds(pid) is not true)
        {
            if (Environment.TickCount64 - since > LongestExec || !ProcLine.TryRead(pid, out var line, out _) || !line.IsAlive)
            {
                return false;
            }

            spin.SpinOnce(sleep1Threshold: 200);
        }

        return true;
    }

    internal override bool Release(int pid, bool run)
    {
        if (!run)
        {
            _ = Libc.Kill(pid, Libc.SIGKILL);
            return true;
        }

        fixed (byte* word = "go\n"u8)
        {
            // EPIPE: it was killed meanwhile.
            _ = Libc.Write(_write, word, 3);
        }

        Close(ref _write);
        AwaitExec(pid);
        return true;
    }

    public override void Dispose()
    {
        Close(ref _read);
        Close(ref _write);
    }

    /// <summary>
    /// Until it is the program, or has ended, or has said that it can't be. A few hundred microseconds, as with posix_spawn(3), which waits so too.
    /// </summary>
    private void AwaitExec(int pid)
    {
        var spin = default(SpinWait);
        var stops = 0;
        while (Holds(pid) is not false)
        {
            if (!ProcLine.TryRead(pid, out var line, out _) || !line.IsAlive)
            {
                return;
            }

            // Asked once more: the program itself may have stopped by now.
            if (line.State == 'T' && Holds(pid) is true)
            {
                if (++stops == 2)
                {
                    // What was executable and whole lacks its loader or interpreter.
                    _execError = Libc.Access(executed, Libc.X_OK) == 0 ? Errno.ENOENT : Libc.LastError;
                    return;
                }

                _ = Libc.Kill(pid, Libc.SIGCONT);
            }

            spin.SpinOnce(sleep1Threshold: 200);
        }
    }

    /// <summary>Whether it is still the shell; null when that can't be told at the moment: between two programs it has no command line.</summary>
    private static bool? Holds(int pid)
    {
        var start = "sh\0-c\0"u8;
        Span<byte> line = stackalloc byte[64];
        var length = ProcFile.Read(pid, "cmdline"u8, line);
        return length <= 0
            ? null
            : length >= 40
                && line[..start.Length].SequenceEqual(start)
                && line[start.Length..length].SequenceEqual(Script[..(length - start.Length)]);
    }

    private byte** Rename(RawProgram program, byte** envp)
    {
        var renamed = (nint*)program.Memory((environment.Count + 2) * sizeof(nint));
        List<string> carried = [];
        for (var at = 0; at < environment.Count; at++)
        {
            var variable = environment[at];
            var name = NameOf(variable);
            var ofLoader = IsOfTheLoader(name);
            if (ofLoader)
            {
                carried.Add(name);
            }

            renamed[at] = ofLoader || Array.IndexOf(Special, name) >= 0 ? program.Text("OSL_GATE_" + variable) : (nint)envp[at];
        }

        if (carried.Count > 0)
        {
            renamed[environment.Count] = program.Text(CarriedNames + string.Join(' ', carried));
        }

        return (byte**)renamed;
    }

    private static bool IsOfTheLoader(string name) =>
        name.StartsWith("LD_", StringComparison.Ordinal)
        || name.StartsWith("MALLOC_", StringComparison.Ordinal)
        || Array.IndexOf(OfTheLoader, name) >= 0;

    /// <summary>The links that it leads through too: who could turn one elsewhere could choose the program.</summary>
    internal static bool IsTrusted(string path, int links = 0)
    {
        const int MostLinks = 40;
        if (Descriptor.LinkTarget(path) is not { } target)
        {
            return TrustedPath.Examine(path).IsTrusted;
        }

        // Where the link lies, and where it leads; the directory may be one itself (/bin).
        var directory = Path.GetDirectoryName(path) ?? "/";
        return links < MostLinks
            && IsTrusted(directory, links + 1)
            && IsTrusted(target.StartsWith('/') ? target : $"{directory}/{target}", links + 1);
    }

    private static string NameOf(string variable) =>
        variable.IndexOf('=', StringComparison.Ordinal) is >= 0 and var at ? variable[..at] : variable;

    private static bool IsSpellable(string name) =>
        name.Length > 0 && !char.IsAsciiDigit(name[0]) && name.All(letter => char.IsAsciiLetterOrDigit(letter) || letter == '_');

    private static void Close(ref int fd)
    {
        if (fd >= 0)
        {
            _ = Libc.Close(fd);
        }

        fd = -1;
    }
}
