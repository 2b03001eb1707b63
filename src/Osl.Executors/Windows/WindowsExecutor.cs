using Osl.Operations;
using Osl.Operations.Processes;

namespace Osl.Executors.Windows;

/// <summary>
/// Windows, not written yet: every member answers Unsupported. How each will be done stands in adr/0007-platform-seam.md.
/// </summary>
internal sealed class WindowsExecutor : IPlatformExecutor
{
    private const string NextRelease = "Windows support comes with the next release; until then run on Linux, or in WSL 2.";

    public PlatformCapabilities Capabilities { get; } =
        new("windows", [new Capability("processes", Available: false, "nothing can be started or ended yet", NextRelease)]);

    public OneOf<ExecutableLease, OperationError> OpenExecutable(
        string program,
        string workingDirectory,
        IReadOnlyList<string> searchPath
    ) => Missing("looking for a program");

    public OneOf<LaunchedProcess, OperationError> Launch(LaunchPlan plan) => Missing("starting a process");

    public OneOf<ProcessLease, OperationError> Hold(ProcessTarget target) => Missing("holding a process");

    public OneOf<GroupLease, OperationError> Hold(GroupTarget target) => Missing("holding a job");

    /// <summary>Everything is, as long as nothing can be told apart.</summary>
    public bool IsProtected(int id, bool isGroup) => true;

    public IReadOnlyList<ProcessRef> Escaped(GroupRef group) => [];

    public ProcessState? Read(ProcessRef process) => null;

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private static Unsupported Missing(string what) => new($"{what} on Windows", NextRelease);
}
