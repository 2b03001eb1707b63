using System.ComponentModel;
using System.Runtime.InteropServices;

/// <summary>
/// The cheapest process on Windows that waits and needs no input: ping. It inherits our standard handles, as every child does that is told
/// nothing, and writes to the null device. A .NET process takes ten times as long to start.
/// </summary>
internal static unsafe partial class Waiter
{
    private const int UseStandardHandles = 0x100;

    /// <returns>Its pid.</returns>
    internal static int Start()
    {
        using var nothing = new FileStream("NUL", FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        var handle = nothing.SafeFileHandle.DangerousGetHandle();
        if (SetHandleInformation(handle, mask: 1, flags: 1) == 0)
        {
            throw new Win32Exception();
        }

        var program = Path.Join(Environment.SystemDirectory, "ping.exe");
        var startup = new StartupInfo
        {
            Size = sizeof(StartupInfo),
            Flags = UseStandardHandles,
            Input = handle,
            Output = handle,
            Error = handle,
        };
        for (var attempt = 0; ; attempt++)
        {
            // Written to by CreateProcessW, so made anew for each attempt.
            fixed (char* line = $"\"{program}\" -n 600 127.0.0.1\0".ToCharArray())
            {
                if (CreateProcess(null, line, 0, 0, inherit: 1, flags: 0, null, null, &startup, out var process) != 0)
                {
                    _ = CloseHandle(process.Thread);
                    _ = CloseHandle(process.Process);
                    return process.Pid;
                }
            }

            // ERROR_INTERNAL_ERROR: rarely, under Wine (knowledge/wine.md).
            if (Marshal.GetLastPInvokeError() != 1359 || attempt == 5)
            {
                throw new Win32Exception();
            }
        }
    }

    [LibraryImport("kernel32", EntryPoint = "CreateProcessW", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static partial int CreateProcess(
        char* program,
        char* line,
        nint processAttributes,
        nint threadAttributes,
        int inherit,
        uint flags,
        char* environment,
        char* directory,
        StartupInfo* startup,
        out ProcessInformation process
    );

    [LibraryImport("kernel32", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static partial int SetHandleInformation(nint handle, uint mask, uint flags);

    [LibraryImport("kernel32", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static partial int CloseHandle(nint handle);

    [StructLayout(LayoutKind.Sequential)]
    private struct StartupInfo
    {
        internal int Size;
        internal nint Reserved;
        internal nint Desktop;
        internal nint Title;
        internal int X;
        internal int Y;
        internal int Width;
        internal int Height;
        internal int Columns;
        internal int Rows;
        internal int Fill;
        internal int Flags;
        internal short Show;
        internal short MoreSize;
        internal nint More;
        internal nint Input;
        internal nint Output;
        internal nint Error;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct ProcessInformation
    {
        internal nint Process;
        internal nint Thread;
        internal int Pid;
        internal int Tid;
    }
}
