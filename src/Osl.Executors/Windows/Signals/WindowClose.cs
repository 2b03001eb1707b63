using System.Runtime.InteropServices;
using Osl.Interop.Windows;

namespace Osl.Executors.Windows;

/// <summary>Asks programs with windows to end, as the cross in the corner does.</summary>
internal static unsafe class WindowClose
{
    /// <returns>How many windows were asked.</returns>
    internal static int Send(IReadOnlyCollection<int> pids)
    {
        WineDesktop.Start();
        var search = new Search([.. pids.Select(pid => (uint)pid)]);
        var handle = GCHandle.Alloc(search);
        _ = User32.EnumWindows(&OnWindow, GCHandle.ToIntPtr(handle));
        handle.Free();
        return search.Asked;
    }

    [UnmanagedCallersOnly]
    private static int OnWindow(nint window, nint context)
    {
        var search = (Search)GCHandle.FromIntPtr(context).Target!;
        _ = User32.GetWindowThreadProcessId(window, out var pid);
        if (search.Pids.Contains(pid) && User32.PostMessage(window, User32.WM_CLOSE, 0, 0) != 0)
        {
            search.Asked++;
        }

        return 1;
    }

    private sealed class Search(HashSet<uint> pids)
    {
        internal HashSet<uint> Pids { get; } = pids;

        internal int Asked { get; set; }
    }
}
