using Osl.Interop.Windows;

namespace Osl.Executors.Windows;

/// <summary>One call of CreateProcessW, all of it said.</summary>
internal sealed class ProcessCreation
{
    private const int LargestList = 512;

    public required string Application { get; init; }

    public required string CommandLine { get; init; }

    public required string Environment { get; init; }

    public required string Directory { get; init; }

    public required ChildHandles Handles { get; init; }

    /// <summary>The jobs it is born into, the outer one first; empty when it is put into them afterwards.</summary>
    public required Win32Handle[] Jobs { get; init; }

    public required uint Flags { get; init; }

    /// <returns>The Win32 code, or 0.</returns>
    internal unsafe int Create(out Win32Handle process, out Win32Handle thread, out int pid)
    {
        // Written to by the system, hence a copy of our own.
        var line = new char[CommandLine.Length + 1];
        CommandLine.CopyTo(line);
        var handles = Handles.Inherited;
        var jobs = Array.ConvertAll(Jobs, job => job.Value);

        nuint size = LargestList;
        var list = stackalloc byte[LargestList];
        if (Kernel32.InitializeProcThreadAttributeList(list, 2, 0, &size) == 0)
        {
            process = thread = new Win32Handle();
            pid = 0;
            return Win32Error.Last;
        }

        var startup = new StartupInfoEx
        {
            Size = (uint)sizeof(StartupInfoEx),
            Flags = StartupInfoEx.UseStandardHandles,
            Input = Handles.Input,
            Output = Handles.Output,
            Error = Handles.Error,
            Attributes = list,
        };
        ProcessInformation made = default;
        var error = 0;
        fixed (char* lineStart = line)
        fixed (char* environment = Environment)
        fixed (nint* handleStart = handles)
        fixed (nint* jobStart = jobs)
        {
            var done =
                Update(list, Kernel32.PROC_THREAD_ATTRIBUTE_HANDLE_LIST, handleStart, handles.Length)
                && Update(list, Kernel32.PROC_THREAD_ATTRIBUTE_JOB_LIST, jobStart, jobs.Length)
                && Kernel32.CreateProcess(
                    Application,
                    lineStart,
                    0,
                    0,
                    1,
                    Flags | Kernel32.CREATE_UNICODE_ENVIRONMENT | Kernel32.EXTENDED_STARTUPINFO_PRESENT,
                    environment,
                    Directory,
                    &startup,
                    out made
                ) != 0;
            error = done ? 0 : Win32Error.Last;
            Kernel32.DeleteProcThreadAttributeList(list);
        }

        process = new Win32Handle(made.Process);
        thread = new Win32Handle(made.Thread);
        pid = (int)made.ProcessId;
        return error;
    }

    private static unsafe bool Update(void* list, nuint attribute, nint* values, int count) =>
        count == 0 || Kernel32.UpdateProcThreadAttribute(list, 0, attribute, values, (nuint)(count * sizeof(nint)), 0, 0) != 0;
}
