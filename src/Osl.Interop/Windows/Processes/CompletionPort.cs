namespace Osl.Interop.Windows;

/// <summary>A completion port for the messages of jobs.</summary>
internal sealed class CompletionPort : IDisposable
{
    private CompletionPort(Win32Handle handle) => Handle = handle;

    internal Win32Handle Handle { get; }

    internal static CompletionPort? TryCreate(out int error)
    {
        var handle = Kernel32.CreateIoCompletionPort(-1, 0, 0, 1);
        error = handle.IsInvalid ? Win32Error.Last : 0;
        return error == 0 ? new CompletionPort(handle) : null;
    }

    /// <summary>Waits for the next message.</summary>
    /// <returns>False when the time is over.</returns>
    internal bool Wait(uint milliseconds, out uint message, out nuint key) =>
        Kernel32.GetQueuedCompletionStatus(Handle, out message, out key, out _, milliseconds) != 0;

    internal void Post(nuint key) => _ = Kernel32.PostQueuedCompletionStatus(Handle, 0, key, 0);

    public void Dispose() => Handle.Dispose();
}
