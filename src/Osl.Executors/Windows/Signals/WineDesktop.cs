using Osl.Interop.Windows;

namespace Osl.Executors.Windows;

/// <summary>The desktop of Wine, which is a process, explorer.exe: the first call to user32 in a prefix starts it.</summary>
/// <remarks>
/// It is given the standard error of whoever made that call, inheritable or not, and stays as long as any program of the prefix runs. So
/// who reads our standard error to its end would wait for all of those (knowledge/wine.md).
/// </remarks>
internal static class WineDesktop
{
    private static readonly Lock OneAtATime = new();
    private static bool s_isThere;

    /// <summary>Has it started with nothing of ours. Does nothing on Windows, and nothing the second time.</summary>
    internal static void Start()
    {
        if (!Wine.IsHere)
        {
            return;
        }

        lock (OneAtATime)
        {
            if (s_isThere)
            {
                return;
            }

            var error = Kernel32.GetStdHandle(Kernel32.STD_ERROR_HANDLE);
            _ = Kernel32.SetStdHandle(Kernel32.STD_ERROR_HANDLE, 0);
            _ = User32.GetDesktopWindow();
            _ = Kernel32.SetStdHandle(Kernel32.STD_ERROR_HANDLE, error);
            s_isThere = true;
        }
    }
}
