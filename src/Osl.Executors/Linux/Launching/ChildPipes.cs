using System.Runtime.InteropServices;
using Osl.Interop.Linux;
using Osl.Operations.Processes;

namespace Osl.Executors.Linux;

/// <summary>The pipes of one launch. Whatever is still here when it is disposed is closed.</summary>
[StructLayout(LayoutKind.Auto)]
internal ref struct ChildPipes
{
    /// <summary>The child's ends; -1 for none.</summary>
    internal int ChildInput { get; private set; }

    internal int ChildOutput { get; private set; }

    internal int ChildError { get; private set; }

    private int _input;
    private int _output;
    private int _error;

    public ChildPipes() => ChildInput = ChildOutput = ChildError = _input = _output = _error = -1;

    /// <summary>Whether a plan needs the I/O loop.</summary>
    internal static bool Needed(LaunchPlan plan) =>
        plan.StandardInput == StandardInputKind.Pipe || IsPiped(plan.StandardOutput) || IsPiped(plan.StandardError);

    /// <summary>Opens what a plan needs.</summary>
    /// <returns>The error number, or 0.</returns>
    internal int Open(LaunchPlan plan)
    {
        var error = 0;
        if (plan.StandardInput == StandardInputKind.Pipe)
        {
            error = Descriptor.Pipe(out var reader, out _input);
            ChildInput = reader;
            error = error != 0 ? error : Descriptor.SetNonBlocking(_input);
        }

        if (error == 0 && IsPiped(plan.StandardOutput))
        {
            error = Descriptor.Pipe(out _output, out var writer);
            ChildOutput = writer;
            error = error != 0 ? error : Descriptor.SetNonBlocking(_output);
        }

        if (error == 0 && IsPiped(plan.StandardError))
        {
            error = Descriptor.Pipe(out _error, out var writer);
            ChildError = writer;
            error = error != 0 ? error : Descriptor.SetNonBlocking(_error);
        }

        return error;
    }

    /// <summary>Our ends, handed over to who owns them from now on; -1 for none.</summary>
    internal int TakeInput() => Take(ref _input);

    internal int TakeOutput() => Take(ref _output);

    internal int TakeError() => Take(ref _error);

    /// <summary>The child has its ends now; as long as we had them too, no end of file would ever come.</summary>
    internal void CloseChildEnds()
    {
        Close(ChildInput);
        Close(ChildOutput);
        Close(ChildError);
        ChildInput = ChildOutput = ChildError = -1;
    }

    public void Dispose()
    {
        CloseChildEnds();
        Close(TakeInput());
        Close(TakeOutput());
        Close(TakeError());
    }

    private static bool IsPiped(StandardOutputConfig output) => output.Kind is StandardOutputKind.Pipe or StandardOutputKind.Capture;

    private static int Take(ref int fd)
    {
        var taken = fd;
        fd = -1;
        return taken;
    }

    private static void Close(int fd)
    {
        if (fd >= 0)
        {
            _ = Libc.Close(fd);
        }
    }
}
