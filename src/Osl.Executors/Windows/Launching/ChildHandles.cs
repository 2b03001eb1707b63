using System.IO.Pipes;
using Osl.Interop.Windows;
using Osl.Operations.Processes;

namespace Osl.Executors.Windows;

/// <summary>The standard handles of one launch: what the child inherits, and our ends. Whatever is still here when it is disposed is closed.</summary>
internal sealed class ChildHandles : IDisposable
{
    private readonly List<Win32Handle> _inherited = [];
    private NamedPipeServerStream? _input;
    private NamedPipeServerStream? _output;
    private NamedPipeServerStream? _error;

    /// <summary>The child's own numbers of its three.</summary>
    internal nint Input { get; private set; }

    internal nint Output { get; private set; }

    internal nint Error { get; private set; }

    /// <summary>All that the child gets, and nothing else does it get.</summary>
    internal nint[] Inherited => [.. _inherited.Select(handle => handle.Value)];

    /// <summary>Opens what a plan needs.</summary>
    /// <returns>The Win32 code, or 0.</returns>
    internal int Open(LaunchPlan plan)
    {
        var error = OpenInput(plan.StandardInput);
        if (error == 0)
        {
            error = OpenOutput(plan.StandardOutput.Kind, Kernel32.STD_OUTPUT_HANDLE, out _output, out var output);
            Output = output;
        }

        if (error != 0)
        {
            return error;
        }

        if (plan.StandardError.Kind == StandardOutputKind.SameAsOutput)
        {
            Error = Output;
            return 0;
        }

        error = OpenOutput(plan.StandardError.Kind, Kernel32.STD_ERROR_HANDLE, out _error, out var errors);
        Error = errors;
        return error;
    }

    /// <summary>One more handle for the child, which it does not know of: it keeps something open.</summary>
    /// <returns>The Win32 code, or 0.</returns>
    internal int Lend(Win32Handle handle, uint access) => Duplicate(handle.Value, access, 0, out _);

    /// <summary>Our ends, handed over to who owns them from now on; null for none.</summary>
    internal NamedPipeServerStream? TakeInput() => Interlocked.Exchange(ref _input, null);

    internal NamedPipeServerStream? TakeOutput() => Interlocked.Exchange(ref _output, null);

    internal NamedPipeServerStream? TakeError() => Interlocked.Exchange(ref _error, null);

    /// <summary>The child has its handles now; as long as we had them too, no end of file would ever come.</summary>
    internal void CloseInherited()
    {
        foreach (var handle in _inherited)
        {
            handle.Dispose();
        }

        _inherited.Clear();
    }

    public void Dispose()
    {
        CloseInherited();
        TakeInput()?.Dispose();
        TakeOutput()?.Dispose();
        TakeError()?.Dispose();
    }

    private int OpenInput(StandardInputKind kind)
    {
        int error;
        nint handle;
        if (kind == StandardInputKind.Pipe)
        {
            _input = OverlappedPipe.TryCreate(weRead: false, out var theirs, out error);
            handle = Keep(theirs);
        }
        else
        {
            error = kind == StandardInputKind.Inherit ? OpenOwn(Kernel32.STD_INPUT_HANDLE, out handle) : OpenNull(out handle);
        }

        Input = handle;
        return error;
    }

    private int OpenOutput(StandardOutputKind kind, int which, out NamedPipeServerStream? ours, out nint handle)
    {
        ours = null;
        if (kind is StandardOutputKind.Pipe or StandardOutputKind.Capture)
        {
            ours = OverlappedPipe.TryCreate(weRead: true, out var theirs, out var error);
            handle = Keep(theirs);
            return error;
        }

        return kind == StandardOutputKind.Inherit ? OpenOwn(which, out handle) : OpenNull(out handle);
    }

    /// <summary>The host's own; the null device where the host has none.</summary>
    private int OpenOwn(int which, out nint handle)
    {
        var own = Kernel32.GetStdHandle(which);
        return own is 0 or -1 || Duplicate(own, 0, Kernel32.DUPLICATE_SAME_ACCESS, out handle) != 0 ? OpenNull(out handle) : 0;
    }

    private int Duplicate(nint handle, uint access, uint options, out nint duplicate)
    {
        var here = Kernel32.GetCurrentProcess();
        if (Kernel32.DuplicateHandle(here, handle, here, out duplicate, access, 1, options) == 0)
        {
            return Win32Error.Last;
        }

        _inherited.Add(new Win32Handle(duplicate));
        return 0;
    }

    private unsafe int OpenNull(out nint handle)
    {
        var inherited = new SecurityAttributes { Length = (uint)sizeof(SecurityAttributes), InheritHandle = 1 };
        var device = Kernel32.CreateFile(
            @"\\.\NUL",
            Kernel32.GENERIC_READ | Kernel32.GENERIC_WRITE,
            Kernel32.FILE_SHARE_READ | Kernel32.FILE_SHARE_WRITE,
            &inherited,
            Kernel32.OPEN_EXISTING,
            0,
            0
        );
        var error = device.IsInvalid ? Win32Error.Last : 0;
        handle = error == 0 ? Keep(device) : 0;
        return error;
    }

    private nint Keep(Win32Handle? handle)
    {
        if (handle is null)
        {
            return 0;
        }

        _inherited.Add(handle);
        return handle.Value;
    }
}
