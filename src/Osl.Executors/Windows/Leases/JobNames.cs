using Osl.Interop.Windows;
using Osl.Operations;

namespace Osl.Executors.Windows;

/// <summary>
/// What the job of a group is called: by the operation that made it, which is known before the process is, and from which the registry's
/// entry leads from a pid to the job, for every host of the account (adr/0016-windows-jobs.md).
/// </summary>
internal static class JobNames
{
    internal const uint ToHold =
        Kernel32.JOB_OBJECT_ASSIGN_PROCESS | Kernel32.JOB_OBJECT_QUERY | Kernel32.JOB_OBJECT_TERMINATE | Kernel32.SYNCHRONIZE;

    internal static string Of(OperationId operation) => $@"Local\osl-{operation}";
}
