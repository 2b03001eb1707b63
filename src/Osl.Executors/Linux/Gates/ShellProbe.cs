using System.Text;
using Microsoft.Win32.SafeHandles;
using Osl.Interop.Linux;
using Osl.Operations.Processes;

namespace Osl.Executors.Linux;

/// <summary>
/// Which shell can be a gate, found out by trying it: one that hands on every variable and argument as it is, and adds none. dash does, and so
/// do its kin; bash counts SHLVL and keeps <c>_</c> to itself.
/// </summary>
internal static unsafe class ShellProbe
{
    private const int Patience = 5_000;
    private const string Printer = "/usr/bin/env";
    private static readonly string[] Shells = ["/bin/sh", "/usr/bin/dash", "/bin/dash"];
    private static readonly ShellSearch Found = new(Shells, Fits);

    private const string Names = "OSL_GATE_NAMES=LD_BIND_NOW LOCPATH";

    // What a shell might be tempted to change. Bytes that are no UTF-8, and those that dash marks its own text with, are in the odd one.
    private static readonly string[] Sample =
    [
        "PATH=/usr/bin:/bin",
        "OSL_GATE_PWD=/nowhere",
        "OSL_GATE_IFS= ,\t",
        "OSL_GATE_SHLVL=7",
        "OSL_GATE__=/usr/bin/other",
        "OSL_GATE_PS1=$ ",
        Names,
        "OSL_GATE_LD_BIND_NOW=1",
        "OSL_GATE_LOCPATH= ,'a' \"b\" $(c) `d` \\ *\nline \u0081\u0088",
        "EMPTY=",
        "ODD= \u0081\u0088 'a' \"b\" $(c) `d` \\ *\nline",
    ];

    /// <summary>The shell; null when none will do, or none could be tried.</summary>
    internal static string? Shell => Found.Shell;

    /// <summary>Tries one; null when it could not be tried, for want of descriptors, memory or processes.</summary>
    /// <param name="shell">Its path; refused where others could lead it elsewhere.</param>
    internal static bool? Fits(string shell) => File.Exists(shell) && ShellGate.IsTrusted(shell) ? HandsOnAll(shell) : false;

    private static bool? HandsOnAll(string shell)
    {
        if (!File.Exists(Printer))
        {
            return false;
        }

        if (Descriptor.Pipe(out var word, out var told) is var refused and not 0)
        {
            return Untried(refused);
        }

        var output = Libc.MemfdCreate("osl-gate-probe", Libc.MFD_CLOEXEC);
        try
        {
            var error = output < 0 ? Libc.LastError : Descriptor.MoveUp(ref output);
            if (error != 0)
            {
                return Untried(error);
            }

            fixed (byte* go = "go\n"u8)
            {
                _ = Libc.Write(told, go, 3);
            }

            return Run(shell, word, output) is var ran and not true ? ran : Expected().SetEquals(Read(output));
        }
        finally
        {
            _ = Libc.Close(word);
            _ = Libc.Close(told);
            _ = output < 0 ? 0 : Libc.Close(output);
        }
    }

    /// <summary>Null for what may be there the next time.</summary>
    private static bool? Untried(int error) => error == Errno.EAGAIN || DescriptorReserve.IsLack(error) ? null : false;

    private static HashSet<string> Expected() =>
        Sample
            .Where(variable => !string.Equals(variable, Names, StringComparison.Ordinal))
            .Select(variable => variable.Replace("OSL_GATE_", "", StringComparison.Ordinal))
            .ToHashSet(StringComparer.Ordinal);

    private static string[] Read(int output)
    {
        // By the descriptor that there is: opening it once more might fail.
        using var file = new SafeFileHandle(output, ownsHandle: false);
        var bytes = new byte[RandomAccess.GetLength(file)];
        var length = RandomAccess.Read(file, bytes, fileOffset: 0);
        return Encoding.Latin1.GetString(bytes, 0, length).Split('\0', StringSplitOptions.RemoveEmptyEntries);
    }

    /// <summary>Whether it has run to a good end; null when it could not be started, or somebody else was told of its end.</summary>
    private static bool? Run(string shell, int word, int output)
    {
        using var program = new RawProgram();
        var argv = Table(program, ["sh", "-c", Encoding.ASCII.GetString(ShellGate.Script), "sh", Printer, "-0"]);
        var envp = Table(program, Sample);
        var actionSpace = stackalloc byte[Libc.PosixSpawnActionsSize];
        var attributeSpace = stackalloc byte[Libc.PosixSpawnAttributesSize];
        var spawn = new SpawnActions(actionSpace, attributeSpace);
        spawn.SetAttributes(newSession: true, setGroup: false, pgid: 0, keptIgnored: 0);
        spawn.SetInput(StandardInputKind.Null, -1);
        spawn.SetOutput(1, StandardOutputKind.Pipe, output);
        spawn.SetOutput(2, StandardOutputKind.Null, -1);
        spawn.Duplicate(word, ShellGate.Number);
        spawn.CloseTheRest(ShellGate.Number + 1);
        var error = spawn.Spawn((byte*)Latin1(program, shell), argv, envp, out var pid);
        spawn.Dispose();
        if (error != 0)
        {
            return Untried(error);
        }

        using var held = PidFd.TryOpen(pid, out var unheld);
        if (held is null)
        {
            _ = Libc.Kill(pid, Libc.SIGKILL);
            ChildStatus.ReapByPid(pid);
            return unheld == Errno.ESRCH ? null : Untried(unheld);
        }

        if (!Descriptor.WaitReadable(held.Number, Patience))
        {
            _ = held.Send(Libc.SIGKILL);
        }

        return ChildStatus.Reap(held, block: true, out var status) == ReapOutcome.Reaped ? status is { Signal: 0, ExitCode: 0 } : null;
    }

    private static byte** Table(RawProgram program, string[] texts)
    {
        var table = (nint*)program.Memory((texts.Length + 1) * sizeof(nint));
        for (var at = 0; at < texts.Length; at++)
        {
            table[at] = Latin1(program, texts[at]);
        }

        return (byte**)table;
    }

    /// <summary>Byte for byte.</summary>
    private static nint Latin1(RawProgram program, string text)
    {
        var block = program.Memory(text.Length + 1);
        _ = Encoding.Latin1.GetBytes(text, new Span<byte>((void*)block, text.Length));
        return block;
    }
}
