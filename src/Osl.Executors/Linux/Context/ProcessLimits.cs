using Osl.Interop.Linux;
using Osl.Operations;

namespace Osl.Executors.Linux;

/// <summary>Sets the limits of a process that is held (prlimit(2)).</summary>
internal static unsafe class ProcessLimits
{
    /// <summary>By the thread that asks.</summary>
    internal static OperationError? Set(int pid, List<RequestedLimits.Entry> limits)
    {
        foreach (var (resource, name, limit) in limits)
        {
            var error = Libc.SetLimit(pid, resource, limit);
            if (error != 0)
            {
                return ContextErrors.LimitRefused(name, error);
            }
        }

        return null;
    }

    /// <summary>
    /// By a thread of another account. Only the real ids change: those are what prlimit(2) compares, and the host stays as traceable as it
    /// is.
    /// </summary>
    internal static OperationError? SetAs(LaunchAccount account, int pid, List<RequestedLimits.Entry> limits, string path)
    {
        const nint Same = -1;
        using var program = new RawProgram();
        program.Add((int)ContextStep.Group, SyscallNumber.Setresgid, (nint)account.Gid, Same, Same);
        program.Add((int)ContextStep.User, SyscallNumber.Setresuid, (nint)account.Uid, Same, Same);
        foreach (var (resource, _, limit) in limits)
        {
            var memory = (Libc.ResourceLimit*)program.Memory(sizeof(Libc.ResourceLimit));
            *memory = limit;
            program.Add((int)ContextStep.Limits, SyscallNumber.Prlimit64, pid, resource, (nint)memory);
        }

        return !program.TryRun() ? SpawnErrors.Resource(Errno.EAGAIN, path)
            : program.FailedStep is null ? null
            : ContextErrors.LimitRefused("of the process", program.Error);
    }
}
