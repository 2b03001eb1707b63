using Osl.Executors.Registry;
using Osl.Interop.Windows;
using Osl.Operations;
using Osl.Operations.Processes;

namespace Osl.Executors.Windows;

/// <summary>One process, held by a handle since before its identity was compared: its pid stays its own meanwhile.</summary>
internal sealed class WindowsProcessLease : ProcessLease
{
    private static readonly uint Least = ProcessHandle.ToQuery | Kernel32.SYNCHRONIZE;
    private static readonly uint ToSignal = Least | Kernel32.PROCESS_TERMINATE | Kernel32.PROCESS_SUSPEND_RESUME;

    private readonly Win32Handle _handle;
    private readonly bool _canSignal;
    private readonly WindowsProcesses _processes;
    private readonly WindowsWaits _waits;
    private readonly ILaunchRegistry _registry;

    private WindowsProcessLease(
        Win32Handle handle,
        bool canSignal,
        ProcessRef process,
        WindowsProcesses processes,
        WindowsWaits waits,
        ILaunchRegistry registry
    )
        : base(process)
    {
        _handle = handle;
        _canSignal = canSignal;
        _processes = processes;
        _waits = waits;
        _registry = registry;
    }

    internal static OneOf<ProcessLease, OperationError> Open(
        ProcessTarget target,
        WindowsProcesses processes,
        WindowsWaits waits,
        ILaunchRegistry registry
    )
    {
        if (target.Process is { } meant && (meant.Pid != target.Pid || !WindowsProcesses.IsOfHere(meant)))
        {
            return new StaleProcess($"process {target.Pid}, which belongs to another system");
        }

        if (target.Pid <= 0)
        {
            return Missing(target.Pid);
        }

        var handle = ProcessHandle.TryOpen(target.Pid, ToSignal, out var error);
        var canSignal = handle is not null;
        handle ??= error == Win32Error.ERROR_ACCESS_DENIED ? ProcessHandle.TryOpen(target.Pid, Least, out error) : null;
        if (handle is null)
        {
            return error == Win32Error.ERROR_ACCESS_DENIED
                ? new PermissionRefused(
                    $"holding {target} ({Win32Error.Name(error)})",
                    "It runs as another account, or is protected by the system: try from an elevated host."
                )
                : Missing(target.Pid);
        }

        var creation = ProcessHandle.CreationTime(handle);
        if (target.Process is not null && target.Process.StartTime != creation)
        {
            handle.Dispose();
            return new StaleProcess($"process {target.Process}; its pid belongs to another one by now");
        }

        if (ProcessHandle.HasEnded(handle))
        {
            // Somebody else still holds it, and with it its pid.
            handle.Dispose();
            return Missing(target.Pid);
        }

        var process = target.Process ?? WindowsProcesses.Ref(target.Pid, creation);
        var entry = registry.FindProcess(target.Pid);
        return new WindowsProcessLease(handle, canSignal, process, processes, waits, registry)
        {
            Entry = entry?.Process == process ? entry : null,
        };
    }

    public override ProcessState? Read() => _processes.Read(Process);

    public override string? ProgramPath() => ProcessHandle.ImagePath(_handle) is { Length: > 0 } path ? path : null;

    public override OperationError? Signal(Signal signal)
    {
        var target = $"process {Process.Pid}";
        if (HostGroup.IsProtected(Process.Pid, isGroup: false, _registry))
        {
            return HostGroup.Refuse(target);
        }

        if (!WindowsSignals.HasMeaning(signal))
        {
            return WindowsSignals.NoMeaning(signal, target);
        }

        if (ProcessHandle.HasEnded(_handle))
        {
            return new StaleProcess($"{target} has ended");
        }

        if (!_canSignal)
        {
            return WindowsSignals.OfError(Win32Error.ERROR_ACCESS_DENIED, target);
        }

        if (signal != Operations.Processes.Signal.Kill)
        {
            return WindowsSignals.Send(
                signal,
                [new HeldProcess(Process.Pid, _handle, ProcessTable.Read().GetValueOrDefault(Process.Pid))],
                Process.Pid,
                target
            );
        }

        if (Kernel32.TerminateProcess(_handle, WindowsSignals.KilledExitCode) != 0)
        {
            return null;
        }

        // One that is on its way out refuses to be ended.
        var error = Win32Error.Last;
        return ProcessHandle.HasEnded(_handle) ? new StaleProcess($"{target} has ended") : WindowsSignals.OfError(error, target);
    }

    public override Task WaitForExitAsync(CancellationToken cancellationToken) => _waits.WaitAsync(_handle, cancellationToken);

    public override void Dispose() => _handle.Dispose();

    private static NotFound Missing(int pid) =>
        new($"a process {pid}", "It has ended, or never was; osl ps shows what runs.") { Thing = MissingThing.Process };
}
