namespace Osl.Interop.Windows;

/// <summary>What is asked of an open process.</summary>
internal static unsafe class ProcessHandle
{
    private const int LongestPath = 32_767;

    /// <summary>The access to ask for times, path and job. Wine wants the whole of it to tell whether a process is in a job.</summary>
    internal static uint ToQuery { get; } =
        Kernel32.PROCESS_QUERY_LIMITED_INFORMATION | (Wine.IsHere ? Kernel32.PROCESS_QUERY_INFORMATION : 0);

    /// <summary>Opens a process; null with the Win32 code when there is none (87) or it is not to be opened (5).</summary>
    internal static Win32Handle? TryOpen(int pid, uint access, out int error)
    {
        var process = Kernel32.OpenProcess(access, 0, (uint)pid);
        error = process.IsInvalid ? Win32Error.Last : 0;
        if (error == 0)
        {
            return process;
        }

        process.Dispose();
        return null;
    }

    /// <summary>This process. Nothing to close.</summary>
    internal static Win32Handle Current() => new(Kernel32.GetCurrentProcess(), ownsHandle: false);

    /// <summary>When it was made, in 100 ns since 1601; 0 when that can't be told.</summary>
    internal static long CreationTime(Win32Handle process) =>
        Kernel32.GetProcessTimes(process, out var creation, out _, out _, out _) != 0 ? creation : 0;

    /// <summary>Whether it has ended. Its handle, and its pid with it, may live on.</summary>
    internal static bool HasEnded(Win32Handle process) => Kernel32.WaitForSingleObject(process, 0) == 0;

    /// <summary>The path of its program; empty when that can't be told.</summary>
    internal static string ImagePath(Win32Handle process)
    {
        Span<char> small = stackalloc char[512];
        var path = ImagePath(process, small);
        return path.Length > 0 ? path : ImagePath(process, new char[LongestPath]);
    }

    /// <summary>Whether the system stops when it ends.</summary>
    internal static bool IsCritical(Win32Handle process) =>
        Ntdll.NtQueryInformationProcess(process, Ntdll.ProcessBreakOnTermination, out var critical, sizeof(uint), 0) >= 0 && critical != 0;

    private static string ImagePath(Win32Handle process, Span<char> space)
    {
        var length = (uint)space.Length;
        fixed (char* start = space)
        {
            return Kernel32.QueryFullProcessImageName(process, 0, start, ref length) != 0 ? new string(start, 0, (int)length) : "";
        }
    }
}
