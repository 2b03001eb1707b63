using Microsoft.Win32.SafeHandles;

namespace Osl.Interop.Windows;

/// <summary>A handle of the kernel: process, thread, job, file, pipe, completion port.</summary>
internal sealed class Win32Handle : SafeHandleZeroOrMinusOneIsInvalid
{
    /// <summary>None, for the marshaller to fill in.</summary>
    public Win32Handle()
        : base(ownsHandle: true) { }

    internal Win32Handle(nint handle, bool ownsHandle = true)
        : base(ownsHandle) => SetHandle(handle);

    /// <summary>The number. The caller sees to it that the handle is open meanwhile.</summary>
    internal nint Value => handle;

    /// <summary>Gives the handle to who owns it from now on.</summary>
    internal nint Take()
    {
        var taken = handle;
        SetHandleAsInvalid();
        return taken;
    }

    protected override bool ReleaseHandle() => Kernel32.CloseHandle(handle) != 0;
}
