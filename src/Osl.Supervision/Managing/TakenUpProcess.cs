using Osl.Operations;
using Osl.Operations.Processes;

namespace Osl.Supervision;

/// <summary>A process that was attached to, with the group that was made for it when it was started, which its new host could not know.</summary>
internal sealed class TakenUpProcess(IRunningProcess attached, GroupRef? group) : IRunningProcess
{
    public ProcessRef Process => attached.Process;

    public GroupRef? Group { get; } = group ?? attached.Group;

    public Stream? StandardInput => null;

    public Stream? StandardOutput => null;

    public Stream? StandardError => null;

    public Task<ProcessExit> Exited => attached.Exited;

    public Task<CapturedStreams> OutputEnded => attached.OutputEnded;

    public void EndCapture() => attached.EndCapture();

    public ValueTask<OneOf<StopResult, OperationError>> StopAsync(
        StopSequence? stopSequence = null,
        CancellationToken cancellationToken = default
    ) => attached.StopAsync(stopSequence, cancellationToken);

    public ValueTask DisposeAsync() => attached.DisposeAsync();
}
