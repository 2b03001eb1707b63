using System.Runtime.InteropServices;

namespace Osl.Interop.Windows;

/// <summary>
/// A wait for the end of one process, by the system's own pool: it needs no thread for each 63 handles, as a wait of the runtime's
/// pool would. Owns nothing of the process: the handle has to be open until the wait is over.
/// </summary>
internal sealed unsafe class ProcessWait : IThreadPoolWorkItem
{
    private readonly Lock _gate = new();
    private readonly Action<object?> _ended;
    private readonly object? _state;
    private readonly Win32Handle _process;
    private GCHandle _self;
    private nint _wait;
    private bool _over;

    private ProcessWait(Win32Handle process, Action<object?> ended, object? state)
    {
        _process = process;
        _ended = ended;
        _state = state;
    }

    /// <summary>Begins to wait.</summary>
    /// <param name="process">Which; kept open by the wait.</param>
    /// <param name="ended">Called once on the pool, unless cancelled before.</param>
    /// <param name="state">For the callback.</param>
    /// <param name="error">The Win32 code when it could not begin.</param>
    internal static ProcessWait? TryBegin(Win32Handle process, Action<object?> ended, object? state, out int error)
    {
        var wait = new ProcessWait(process, ended, state);
        var added = false;
        process.DangerousAddRef(ref added);
        lock (wait._gate)
        {
            wait._self = GCHandle.Alloc(wait);
            if (
                Kernel32.RegisterWaitForSingleObject(
                    out wait._wait,
                    process,
                    &OnSignalled,
                    GCHandle.ToIntPtr(wait._self),
                    Kernel32.INFINITE,
                    Kernel32.WT_EXECUTEINWAITTHREAD | Kernel32.WT_EXECUTEONLYONCE
                ) != 0
            )
            {
                error = 0;
                return wait;
            }

            error = Win32Error.Last;
            wait._over = true;
            wait._self.Free();
            process.DangerousRelease();
            return null;
        }
    }

    /// <summary>Gives up waiting. The callback does not come any more, unless it is under way.</summary>
    internal void Cancel() => _ = Stop();

    void IThreadPoolWorkItem.Execute()
    {
        if (Stop())
        {
            _ended(_state);
        }
    }

    private bool Stop()
    {
        lock (_gate)
        {
            if (_over)
            {
                return false;
            }

            _over = true;
        }

        // Returns when no callback runs; ours only queues. From then on nobody uses the GC handle.
        _ = Kernel32.UnregisterWaitEx(_wait, -1);
        _self.Free();
        _process.DangerousRelease();
        return true;
    }

    [UnmanagedCallersOnly]
    private static void OnSignalled(nint context, byte timedOut) =>
        ThreadPool.UnsafeQueueUserWorkItem((ProcessWait)GCHandle.FromIntPtr(context).Target!, preferLocal: false);
}
