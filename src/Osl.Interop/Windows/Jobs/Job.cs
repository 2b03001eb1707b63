using System.Runtime.InteropServices;

namespace Osl.Interop.Windows;

/// <summary>Job objects (knowledge/windows-jobs-and-pipes.md). Errors are Win32 codes, 0 is none.</summary>
internal static unsafe class Job
{
    /// <summary>Makes a job. One that exists under the name is not taken: whoever has made it would own it.</summary>
    /// <param name="name">Null for one without a name.</param>
    /// <param name="descriptor">Who may open it. Without one there is no job: the default would let others in.</param>
    /// <param name="error">Why there is none.</param>
    internal static Win32Handle? TryCreate(string? name, ReadOnlySpan<byte> descriptor, out int error)
    {
        if (descriptor.IsEmpty)
        {
            error = Win32Error.ERROR_INVALID_SECURITY_DESCR;
            return null;
        }

        Win32Handle job;
        fixed (byte* start = descriptor)
        {
            var security = new SecurityAttributes { Length = (uint)sizeof(SecurityAttributes), Descriptor = (nint)start };
            job = Kernel32.CreateJobObject(&security, name);
            error = Win32Error.Last;
        }

        if (!job.IsInvalid && error != Win32Error.ERROR_ALREADY_EXISTS)
        {
            error = 0;
            return job;
        }

        job.Dispose();
        return null;
    }

    /// <summary>Opens a job by its name.</summary>
    internal static Win32Handle? TryOpen(string name, uint access, out int error)
    {
        var job = Kernel32.OpenJobObject(access, 0, name);
        error = job.IsInvalid ? Win32Error.Last : 0;
        if (error == 0)
        {
            return job;
        }

        job.Dispose();
        return null;
    }

    internal static int SetLimits(Win32Handle job, in JobLimits limits)
    {
        fixed (JobLimits* start = &limits)
        {
            return Result(
                Kernel32.SetInformationJobObject(job, Kernel32.JobObjectExtendedLimitInformation, start, (uint)sizeof(JobLimits))
            );
        }
    }

    internal static bool TryReadLimits(Win32Handle job, out JobLimits limits, out int error)
    {
        fixed (JobLimits* start = &limits)
        {
            error = Result(
                Kernel32.QueryInformationJobObject(job, Kernel32.JobObjectExtendedLimitInformation, start, (uint)sizeof(JobLimits), null)
            );
            return error == 0;
        }
    }

    internal static int SetCpuRate(Win32Handle job, JobCpuRate rate) =>
        Result(Kernel32.SetInformationJobObject(job, Kernel32.JobObjectCpuRateControlInformation, &rate, (uint)sizeof(JobCpuRate)));

    /// <summary>Has the job tell a completion port what happens in it. One port a job, for good.</summary>
    internal static int Associate(Win32Handle job, Win32Handle port, nuint key)
    {
        var association = new JobPort { Key = key, Port = port.Value };
        return Result(
            Kernel32.SetInformationJobObject(job, Kernel32.JobObjectAssociateCompletionPortInformation, &association, (uint)sizeof(JobPort))
        );
    }

    /// <summary>How many members live; null when it can't be told.</summary>
    internal static int? CountActive(Win32Handle job)
    {
        JobAccounting accounting;
        return
            Kernel32.QueryInformationJobObject(
                job,
                Kernel32.JobObjectBasicAccountingInformation,
                &accounting,
                (uint)sizeof(JobAccounting),
                null
            ) != 0
            ? (int)accounting.ActiveProcesses
            : null;
    }

    /// <summary>The pids of the members, those of nested jobs included; null when it can't be told.</summary>
    internal static int[]? Members(Win32Handle job)
    {
        // JOBOBJECT_BASIC_PROCESS_ID_LIST: two counts, then the pids, each as wide as a pointer.
        for (var room = 64; ; room *= 2)
        {
            var size = (2 * sizeof(uint)) + (room * sizeof(nuint));
            var list = (uint*)NativeMemory.Alloc((nuint)size);
            try
            {
                var done = Kernel32.QueryInformationJobObject(job, Kernel32.JobObjectBasicProcessIdList, list, (uint)size, null) != 0;
                if (!done && Win32Error.Last != Win32Error.ERROR_MORE_DATA)
                {
                    return null;
                }

                if (done && list[1] >= list[0])
                {
                    var pids = new int[list[1]];
                    for (var i = 0; i < pids.Length; i++)
                    {
                        pids[i] = (int)((nuint*)(list + 2))[i];
                    }

                    return pids;
                }
            }
            finally
            {
                NativeMemory.Free(list);
            }
        }
    }

    internal static int Terminate(Win32Handle job, uint exitCode) => Result(Kernel32.TerminateJobObject(job, exitCode));

    /// <summary>Whether a process is in a job; null when it can't be told.</summary>
    internal static bool? Contains(Win32Handle job, Win32Handle process) =>
        Kernel32.IsProcessInJob(process, job, out var inside) != 0 ? inside != 0 : null;

    private static int Result(int success) => success != 0 ? 0 : Win32Error.Last;
}
