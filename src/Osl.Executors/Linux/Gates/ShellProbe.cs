using System.Text;
using Osl.Interop.Files;
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
    private static readonly Lazy<string?> Found = new(Find);

    // What a shell might be tempted to change. Bytes that are no UTF-8, and those that dash marks its own text with, are in the odd one.
    private static readonly string[] Sample =
    [
        "PATH=/usr/bin:/bin",
        "OSL_GATE_PWD=/nowhere",
        "OSL_GATE_IFS= ,\t",
        "OSL_GATE_SHLVL=7",
        "OSL_GATE__=/usr/bin/other",
        "OSL_GATE_PS1=$ ",
        "EMPTY=",
        "ODD= \u0081\u0088 'a' \"b\" $(c) `d` \\ *\nline",
    ];

    /// <summary>The shell; null when none will do.</summary>
    internal static string? Shell => Found.Value;

    private static string? Find() => Array.Find(Shells, shell => File.Exists(shell) && IsTrusted(shell) && HandsOnAll(shell));

    private static bool IsTrusted(string shell) =>
        TrustedPath.Examine(new FileInfo(shell).ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? shell).IsTrusted;

    private static bool HandsOnAll(string shell)
    {
        if (!File.Exists(Printer) || Descriptor.Pipe(out var word, out var told) != 0)
        {
            return false;
        }

        var output = Libc.MemfdCreate("osl-gate-probe", Libc.MFD_CLOEXEC);
        try
        {
            if (output < 0 || Descriptor.MoveUp(ref output) != 0)
            {
                return false;
            }

            fixed (byte* go = "go\n"u8)
            {
                _ = Libc.Write(told, go, 3);
            }

            return Run(shell, word, output) && Expected().SetEquals(Read(output));
        }
        finally
        {
            _ = Libc.Close(word);
            _ = Libc.Close(told);
            _ = output < 0 ? 0 : Libc.Close(output);
        }
    }

    private static HashSet<string> Expected() =>
        Sample.Select(variable => variable.Replace("OSL_GATE_", "", StringComparison.Ordinal)).ToHashSet(StringComparer.Ordinal);

    private static string[] Read(int output)
    {
        var text = File.ReadAllText(Descriptor.ProcPath(output), Encoding.Latin1);
        return text.Split('\0', StringSplitOptions.RemoveEmptyEntries);
    }

    private static bool Run(string shell, int word, int output)
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
            return false;
        }

        using var held = PidFd.TryOpen(pid, out _);
        if (held is null)
        {
            _ = Libc.Kill(pid, Libc.SIGKILL);
            ChildStatus.ReapByPid(pid);
            return false;
        }

        if (!Descriptor.WaitReadable(held.Number, Patience))
        {
            _ = held.Send(Libc.SIGKILL);
        }

        return ChildStatus.Reap(held, block: true, out var status) == ReapOutcome.Reaped && status is { Signal: 0, ExitCode: 0 };
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
