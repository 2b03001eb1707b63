using System.Collections.Concurrent;
using Osl.Hosting.Pipeline;
using Osl.Operations;
using Osl.Operations.Auditing;
using Osl.Operations.Processes;

namespace Osl.Hosting.Auditing;

/// <summary>Writes to the journal what happens to processes between an operation's intent and its end.</summary>
internal sealed class ExitRecorder(IAuditJournal journal, AuditRecords records, TimeProvider time) : IProcessObserver
{
    private readonly ConcurrentDictionary<Task, byte> _pending = new();

    public void OnStarted(OperationId operation, OperationContext context, ProcessRef process, int pgid) =>
        Append(records.Started(operation, context, process, pgid, time.GetUtcNow()));

    public void OnExited(OperationId operation, OperationContext context, ProcessExit exit, int pgid) =>
        Append(records.Exit(operation, context, exit, pgid, time.GetUtcNow()));

    /// <summary>Completes when everything heard of so far is written, or given up as a gap.</summary>
    internal Task DrainAsync() => Task.WhenAll(_pending.Keys);

    /// <summary>An exit is never held up by the journal; what can't be written becomes a gap.</summary>
    private void Append(AuditRecord record)
    {
        var append = journal.AppendAsync(record, AuditGuarantee.BestEffort);
        if (append.IsCompleted)
        {
            return;
        }

        var task = append.AsTask();
        _pending[task] = 0;
        _ = task.ContinueWith(
            static (done, pending) => ((ConcurrentDictionary<Task, byte>)pending!).TryRemove(done, out _),
            _pending,
            CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default
        );
    }
}
