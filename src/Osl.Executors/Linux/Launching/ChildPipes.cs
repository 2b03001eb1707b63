using System.Runtime.InteropServices;
using System.Text;
using Osl.Interop.Linux;
using Osl.Operations;
using Osl.Operations.Processes;

namespace Osl.Executors.Linux;

/// <summary>The streams of one launch. Whatever is still here when it is disposed is closed.</summary>
[StructLayout(LayoutKind.Auto)]
internal ref struct ChildPipes
{
    private readonly OutputPumps _pumps;
    private PipeStream? _lent;
    private int _input;

    public ChildPipes(OutputPumps pumps)
    {
        _pumps = pumps;
        ChildInput = _input = -1;
    }

    /// <summary>The child's input; -1 for none of ours.</summary>
    internal int ChildInput { get; private set; }

    /// <summary>What becomes the child's streams; -1 for none of ours.</summary>
    internal readonly int ChildOutput => Output?.ChildEnd ?? -1;

    internal readonly int ChildError => Error?.ChildEnd ?? -1;

    internal OutputRoute? Output { get; private set; }

    internal OutputRoute? Error { get; private set; }

    /// <summary>The terminal that is all three; null for none.</summary>
    internal PseudoTerminal? Terminal { get; private set; }

    /// <summary>Whether a plan needs the I/O loop.</summary>
    internal static bool Needed(LaunchPlan plan) =>
        plan.StandardInput is StandardInputKind.Pipe or StandardInputKind.Terminal
        || OutputRoute.IsNeeded(plan.StandardOutput)
        || OutputRoute.IsNeeded(plan.StandardError);

    /// <summary>Opens what a plan needs.</summary>
    internal OperationError? Open(LaunchPlan plan)
    {
        var error = OpenTerminal(plan);
        error = error != 0 ? error : OpenInput(plan);
        if (error != 0)
        {
            return SpawnErrors.Resource(error, plan.Executable.Facts.Path);
        }

        if (OutputRoute.IsNeeded(plan.StandardOutput))
        {
            var failed = OutputRoute.Open(plan, plan.StandardOutput, 1, Terminal, _pumps, out var output);
            Output = output;
            if (failed is not null)
            {
                return failed;
            }
        }

        if (OutputRoute.IsNeeded(plan.StandardError))
        {
            var failed = OutputRoute.Open(plan, plan.StandardError, 2, Terminal, _pumps, out var errors);
            Error = errors;
            return failed;
        }

        return null;
    }

    /// <summary>Our end of the input, handed over to who owns it from now on; null for none.</summary>
    internal PipeStream? TakeInput()
    {
        var taken = _input;
        _input = -1;
        return taken < 0 ? null : new PipeStream(_pumps.Loop, taken, reads: false);
    }

    internal PseudoTerminal? TakeTerminal()
    {
        var taken = Terminal;
        Terminal = null;
        return taken;
    }

    /// <summary>The child has its ends now; as long as we had them too, no end of file would ever come.</summary>
    internal void CloseChildEnds()
    {
        Close(ChildInput);
        ChildInput = -1;
        Output?.CloseChildEnd();
        Error?.CloseChildEnd();
        _lent?.Dispose();
        _lent = null;
    }

    public void Dispose()
    {
        if (_lent is not null)
        {
            // There is no child.
            Close(ChildInput);
            ChildInput = -1;
            _lent.TakeBack();
            _lent = null;
        }

        CloseChildEnds();
        Close(_input);
        _input = -1;
        Output?.Dispose();
        Error?.Dispose();
        Terminal?.Dispose();
    }

    private int OpenTerminal(LaunchPlan plan)
    {
        if (!plan.HasTerminal)
        {
            return 0;
        }

        var error = PseudoTerminal.Open(plan.StandardOutput.TerminalSize ?? TerminalSize.Default, plan.Account?.Uid, out var terminal);
        Terminal = terminal;
        return error;
    }

    private int OpenInput(LaunchPlan plan)
    {
        switch (plan.StandardInput)
        {
            case StandardInputKind.Pipe:
                var error = Descriptor.Pipe(out var reader, out _input);
                ChildInput = reader;
                return error != 0 ? error : Descriptor.SetNonBlocking(_input);
            case StandardInputKind.Terminal:
                return Terminal is null ? Errno.EINVAL : Terminal.Duplicate(out _input);
            case StandardInputKind.Text:
                return OpenText(plan.InputText ?? "");
            case StandardInputKind.Process:
                if (plan.InputFrom is not PipeStream source)
                {
                    return Errno.EINVAL;
                }

                error = source.Lend(out var lent);
                ChildInput = lent;
                _lent = error == 0 ? source : null;
                return error;
            case StandardInputKind.Null or StandardInputKind.Inherit:
            default:
                return 0;
        }
    }

    /// <summary>In a file of memory: a pipe holds 64 KiB, and would need somebody to fill it.</summary>
    private int OpenText(string text)
    {
        var fd = Libc.MemfdCreate("osl-input", Libc.MFD_CLOEXEC);
        var error = fd < 0 ? Libc.LastError : Descriptor.MoveUp(ref fd);
        ChildInput = fd;
        return error != 0 ? error : Descriptor.WriteAll(fd, Encoding.UTF8.GetBytes(text), 0);
    }

    private static void Close(int fd)
    {
        if (fd >= 0)
        {
            _ = Libc.Close(fd);
        }
    }
}
