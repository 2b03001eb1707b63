using System.Globalization;
using Osl.Interop;
using Osl.Operations;
using Osl.Operations.Auditing;

namespace Osl.Security.Audit;

// What writes the journal: many callers, one log.
//
// Constraints
//   * AppendAsync is called from any thread, many at once; the order of the calls is the order in the log.
//   * A durable append costs a sync of the disk (milliseconds), and a sync is as expensive for one record as for a thousand.
//   * Another process may hold the lock, for as long as its own sync takes; if it hangs or is stopped, for ever.
//   * Nobody waits for the lock longer than LockWait, and a record whose caller was told "no" must not turn up in the log.
//
// Scheme
//   * The caller's thread serialises and hashes (PendingAppend). One writer thread, started with the first record that needs it,
//     then commits in groups: take the lock, catch up, take *all* that is queued, write one frame, sync if one of the records has
//     to be durable, hint, unlock, acknowledge. While it syncs, the next group gathers.
//   * The short cut: a record that need not be durable, while nothing is queued, nobody commits, the lock is free and the frame
//     fits where the log ends, is written on the caller's own thread. It is a copy into the page cache (a few microseconds), less
//     than handing it to another thread and back. Whatever would take longer (repair, the next segment, waiting) is the writer's.
//   * _commit guards the tail (JournalTail). Records leave the queue only under _commit and with the file lock held, so the queue
//     keeps the order, and what is still queued has certainly not been written: when the wait for the lock is over, a timer fails
//     all that is queued. The writer may stay blocked in the kernel (a lock that is waited for can't be given up without signals);
//     meanwhile further records are refused at once. When it gets the lock after all, all is as before.
//   * A BestEffort record that failed is remembered (GapLedger); a gap record goes before the next records that can be written.
//   * Checkpoints (CheckpointSigner) are signed between groups, by the writer thread too, after those who waited for the group were told.
//     A checkpoint that fails harms no record; a signer that refuses (the log is not the one it signed) refuses records as well.
//   * Where the system gives no thread, records are refused, and what is left at the end (a gap) is written on the thread of whoever closes.
//     He can't be left in the kernel, so he looks for the lock again and again, as long as others would be made to wait for it.
//   * Order of locks: _commit, then _queueGate. The gap ledger's own is taken last.

/// <summary>Appends the records of many threads to the log in groups, and remembers what it had to refuse.</summary>
internal sealed partial class JournalWriter : IAsyncDisposable
{
    private readonly JournalTail _tail;
    private readonly AuditJournalOptions _options;
    private readonly GapLedger _gap;
    private readonly CheckpointSigner? _signer;
    private readonly FrameBuilder _frame = new();
    private readonly List<PendingAppend> _batch = [];
    private readonly Lock _commit = new();

    private readonly Lock _queueGate = new();
    private readonly Queue<PendingAppend> _queue = new();
#pragma warning disable CA2213 // Never asked for a wait handle, it has nothing to dispose of, and a writer that was stuck may still wait.
    private readonly SemaphoreSlim _wake = new(0);
#pragma warning restore CA2213
    private readonly TaskCompletionSource _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ITimer? _lockTimer;
    private Thread? _writer;
    private int _queued;
    private bool _awake;
    private bool _waitingForLock;
    private bool _stuck;
    private bool _closing;
    private bool _isOnCaller;

    internal JournalWriter(JournalTail tail, AuditJournalOptions options, GapLedger gap, CheckpointSigner? signer = null)
    {
        _signer = signer;
        signer?.WakeWith(WakeForCheckpoint);
        _tail = tail;
        _options = options;
        _gap = gap;
    }

    /// <summary>Refuses a record, writes it at once, or queues it.</summary>
    internal ValueTask<OneOf<AuditReceipt, OperationError>> AppendAsync(PendingAppend pending)
    {
        if (pending.IsTooLong)
        {
            return new(
                Refuse(
                    pending,
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"a record of {pending.JsonLength} bytes is longer than {JournalFormat.MaxRecord}"
                    )
                )
            );
        }

        if (_signer?.Refusal is { } refusal)
        {
            return new(Refuse(pending, refusal));
        }

        if (pending.Guarantee != AuditGuarantee.Durable && TryAppendHere(pending, out var outcome))
        {
            return new(outcome);
        }

        lock (_queueGate)
        {
            if (!_closing && !_stuck)
            {
                if (!HasWriter())
                {
                    return new(Refuse(pending, "the system gives no thread to write it (ulimit -u, or the cgroup's pids.max)"));
                }

                _queue.Enqueue(pending);
                Volatile.Write(ref _queued, _queue.Count);
                Wake();
                return new(pending.Task);
            }
        }

        return new(Refuse(pending, _closing ? "it is closed" : LockReason));
    }

    /// <summary>Writes what is queued, then closes the files. Waits no longer than for the lock; appends that come later are refused.</summary>
    public async ValueTask DisposeAsync()
    {
        var isLeft = false;
        lock (_queueGate)
        {
            if (!_closing)
            {
                _closing = true;
                isLeft = !HasWriter();
                Wake();
            }

            if (_stuck)
            {
                _closed.TrySetResult(); // The writer closes the files when the kernel lets go of it.
            }
        }

        if (isLeft)
        {
            _isOnCaller = true;
            Run(); // Nothing is queued without a writer; what is left to write and to close is done here.
        }

        await _closed.Task.ConfigureAwait(false);
    }

    internal static string Reason(Exception failure) => failure.Message.TrimEnd('.');

    private string LockReason =>
        _waits < LongestWaits
            ? string.Create(
                CultureInfo.InvariantCulture,
                $"another process has held its lock for more than {_options.LockWait.TotalSeconds} s"
            )
            : string.Create(
                CultureInfo.InvariantCulture,
                $"others have kept its lock busy for more than {LongestWaits * _options.LockWait.TotalSeconds} s"
            );

    private AuditUnavailable Refuse(PendingAppend pending, string reason)
    {
        if (pending.Guarantee == AuditGuarantee.BestEffort)
        {
            _gap.Add(pending.Record);
        }

        pending.Release();
        return new AuditUnavailable(reason);
    }

    private bool TryAppendHere(PendingAppend pending, out OneOf<AuditReceipt, OperationError> outcome)
    {
        outcome = default;
        if (Volatile.Read(ref _queued) != 0 || !_commit.TryEnter())
        {
            return false;
        }

        try
        {
            // Looked at again: between the two looks the writer may have come and gone, and _closing is set with the queue seen empty.
            if (Volatile.Read(ref _queued) != 0 || Volatile.Read(ref _closing) || !_gap.IsEmpty || !_tail.TryLock())
            {
                return false;
            }

            try
            {
                _frame.Clear();
                _frame.Add(pending.Item, pending.Leaf);
                if (!_tail.IsReadyFor(_frame.Length) || _signer is { IsChecked: false })
                {
                    return false;
                }

                var index = _tail.Size;
                _tail.Append(_frame, sync: false);
                _signer?.Appended(_frame.Count, synced: false);
                pending.Release();
                outcome = new AuditReceipt(index);
                return true;
            }
            finally
            {
                _tail.Unlock();
            }
        }
        catch (Exception failure) when (JournalStorage.IsFailure(failure))
        {
            outcome = Refuse(pending, Reason(failure));
            return true;
        }
        finally
        {
            _commit.Exit();
        }
    }

    /// <summary>Under _queueGate: without the thread nothing may be queued, or its caller would wait for ever.</summary>
    private bool HasWriter()
    {
        if (_writer is null)
        {
            var writer = new Thread(Run) { IsBackground = true, Name = "Osl audit journal" };
            if (!ThreadShortage.TryStart(writer, _options.StartThread))
            {
                return false;
            }

            _writer = writer;
        }

        return true;
    }

    /// <summary>Under _queueGate.</summary>
    private void Wake()
    {
        if (!_awake)
        {
            _awake = true;
            _wake.Release();
        }
    }

    private void Run()
    {
        while (true)
        {
            _wake.Wait();
            bool closing;
            lock (_queueGate)
            {
                _awake = false;
                closing = _closing;
            }

            while (Volatile.Read(ref _queued) != 0)
            {
                CommitGroup();
                SignIfDue(closing: false);
            }

            SignIfDue(closing: false);

            if (closing)
            {
                break; // Nothing is queued after _closing was set.
            }
        }

        if (!_gap.IsEmpty)
        {
            CommitGroup();
        }

        SignIfDue(closing: true);
        lock (_commit)
        {
            _tail.Dispose();
            _signer?.Dispose();
        }

        _lockTimer?.Dispose();
        _closed.TrySetResult();
    }

    private void CommitGroup()
    {
        AuditUnavailable? refusal = null;
        AuditRecord? recorded = null;
        var first = 0L;
        lock (_commit)
        {
            GapLedger.Gap? gap = null;
            try
            {
                WaitForLock();
                try
                {
                    // First the end of the log: if that fails, no more callers than those who wait now are told so.
                    _tail.CatchUp();
                    if (_signer is { IsChecked: false } signer)
                    {
                        signer.Check(_tail);
                    }

                    _frame.Clear();
                    gap = _gap.Take();
                    if (gap is not null)
                    {
                        recorded = AddGap(gap);
                    }

                    first = _tail.Size + _frame.Count;
                    if (Gather() | _frame.Count > 0)
                    {
                        var durable = _batch.Exists(pending => pending.Guarantee == AuditGuarantee.Durable);
                        _tail.Append(_frame, durable);
                        _signer?.Appended(_frame.Count, durable);
                    }
                }
                finally
                {
                    _tail.Unlock();
                }
            }
#pragma warning disable CA1031 // Whatever went wrong: the callers are told, and the host lives on.
            catch (Exception failure)
#pragma warning restore CA1031
            {
                (refusal, recorded) = (new AuditUnavailable(Reason(failure)), null);
                if (gap is not null)
                {
                    _gap.PutBack(gap);
                }

                if (_batch.Count == 0)
                {
                    _frame.Clear();
                    TakeQueued();
                }
            }
        }

        Acknowledge(first, refusal);
        if (recorded is not null)
        {
            _options.GapRecorded?.Invoke(recorded);
        }
    }

    private AuditRecord AddGap(GapLedger.Gap gap)
    {
        var record = _gap.ToRecord(gap);
        var pending = PendingAppend.Create(record, AuditGuarantee.Written);
        _frame.Add(pending.Item, pending.Leaf);
        pending.Release();
        return record;
    }

    /// <summary>Moves what is queued into the batch and, while there is room, into the frame.</summary>
    private bool TakeQueued()
    {
        lock (_queueGate)
        {
            while (_frame.HasRoom && _queue.TryDequeue(out var pending))
            {
                _batch.Add(pending);
                _frame.Add(pending.Item, pending.Leaf);
            }

            Volatile.Write(ref _queued, _queue.Count);
        }

        return _batch.Count > 0;
    }

    private void Acknowledge(long first, AuditUnavailable? refusal)
    {
        _lastGroup = _batch.Count;
        for (var i = 0; i < _batch.Count; i++)
        {
            var pending = _batch[i];
            if (refusal is null)
            {
                pending.Release();
                pending.TrySetResult(new AuditReceipt(first + i));
            }
            else
            {
                pending.TrySetResult(Refuse(pending, refusal.Because));
            }
        }

        _batch.Clear();
    }
}
