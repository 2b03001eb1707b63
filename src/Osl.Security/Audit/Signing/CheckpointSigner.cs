using System.Security.Cryptography;
using System.Text;
using Osl.Operations;

namespace Osl.Security.Audit;

// Signs the log as it is.
//
// Constraints
//   * What is signed must be what the key has signed before, continued: else a log that was cut short and written on would get a
//     fresh signature (CVE-2023-31438). What others wrote in between has to be read; a hint in LOCK proves nothing.
//   * A signature must never cover what a power cut can take back, or the log would look rolled back afterwards.
//   * Several processes sign with one key, in turn, under the journal's lock.
//
// Scheme
//   * _place is where the log was looked at last. Our own frames move it as they are written (JournalTail.Witness); over those of
//     others it walks by reading them (LogWalker), and over what another process has signed it jumps (SignedState).
//   * Sign: sync the log → make room (so that the note's own place is known) → note → state beside the key → frame. After a kill
//     in between the next signer goes on from the state.
//   * A key frame is followed at once by a note of the key that it names.
//   * The sink is told of a note once that is durable in the log: with the next sync of records, or with its own.
//   * What does not fit is refused for good, and records with it: only a person can say which log is right.
// adr/0027-signed-checkpoints.md, adr/0028-keys-and-what-they-signed.md. Not thread-safe: the writer's commit lock guards it.

/// <summary>Signs checkpoints, and refuses to sign a log that is not the one it signed before.</summary>
internal sealed class CheckpointSigner : IDisposable
{
    private const int NoteFrame = JournalFormat.FrameHeaderSize + sizeof(uint) + AuditCheckpoint.MaxLength;

    private readonly AuditSigningOptions _options;
    private readonly TimeProvider _clock;
    private readonly AuditKeys _keys;
    private readonly SignedState _state;
    private readonly LogWalker _walker;
    private readonly CheckpointDispatcher? _dispatcher;
    private readonly LogPlace _place = new();
    private readonly LogPlace _read = new();
    private readonly FrameBuilder _frame = new();
    private readonly Lock _statusGate = new();
    private AuditSigningStatus _status = new(0, 0, null, null, false);
    private AuditCheckpoint? _undelivered;
    private ECDsa? _key;
    private AuditPublicKey? _keyIs;
    private AuditPublicKey? _newest;
    private long _newestNumber;
    private ITimer? _timer;
    private Action? _wake;
    private int _unsigned;
    private bool _armed;
    private volatile bool _timeIsUp;
    private volatile string? _refusal;

    private CheckpointSigner(string directory, AuditSigningOptions options, AuditJournalOptions journal, AuditKeys keys, SignedState state)
    {
        _options = options;
        _clock = journal.TimeProvider;
        _keys = keys;
        _state = state;
        _walker = new LogWalker(journal.Storage, directory);
        _dispatcher = options.Sink is null ? null : new CheckpointDispatcher(options.Sink, options.SinkTimeout, _clock, Told);
    }

    internal AuditSigningStatus Status
    {
        get
        {
            lock (_statusGate)
            {
                return _status;
            }
        }
    }

    /// <summary>Why nothing is signed any more; null as long as all is well.</summary>
    internal string? Refusal => _refusal;

    /// <summary>Whether the log was compared with what was signed before: nothing is appended before that.</summary>
    internal bool IsChecked { get; private set; }

    internal bool IsDue => _refusal is null && (_timeIsUp || _unsigned >= _options.EveryRecords);

    /// <summary>Whether closing has something left to do: to sign, or to tell the sink of what was signed without a sync.</summary>
    internal bool HasRest => _refusal is null && (_unsigned > 0 || _undelivered is not null);

    /// <summary>Opens key and state. Reads what the log has beyond them, without its lock.</summary>
    internal static OneOf<CheckpointSigner, OperationError> Open(string directory, AuditSigningOptions options, AuditJournalOptions journal)
    {
        if (AuditKeys.Open(options.KeyDirectory, journal.Storage).TryPickT1(out var refused, out var keys))
        {
            return refused;
        }

        if (Contains(directory, keys.Location) || Contains(keys.Location, directory))
        {
            return new AuditUnavailable($"the keys in {keys.Location} and the journal in {directory} must lie apart from each other");
        }

        var state = keys.OpenState();
        var signer = state is null ? null : new CheckpointSigner(directory, options, journal, keys, state);
        if (signer is null || keys.NewestNumber < 0 || !state!.TryRead(signer._place, out _))
        {
            signer?.Dispose();
            return new AuditUnavailable(
                $"what the key in {keys.Location} signed last can't be read, so that it could be made to sign anything; "
                    + "verify the journal, then make a new key in another directory (osl audit key init)"
            );
        }

        if (signer.WhyNoKey() is { } unusable)
        {
            signer.Dispose();
            return new AuditUnavailable(unusable);
        }

        // Older keys are there only while a change of keys is not done with: then the first record is signed at once.
        signer._timeIsUp = keys.HasOlder;
        signer._walker.WalkAhead(signer._place);
        return signer;
    }

    /// <summary>Whom to wake when it is time to sign.</summary>
    internal void WakeWith(Action wake) => _wake = wake;

    /// <summary>Compares the end of the log with what was signed, and comes there. Under the lock, after the tail has caught up.</summary>
    /// <exception cref="IOException">It is not the log that was signed; and from now on nothing is written.</exception>
    internal void Check(JournalTail tail)
    {
        if (_refusal is null && !(IsChecked && _place.IsAt(tail.Segment, tail.End)))
        {
            tail.Witness = _place;
            if (!_state.TryRead(_read, out var changed))
            {
                Refuse("what the key has signed last can't be read any more");
            }
            else
            {
                if (changed)
                {
                    _place.CopyFrom(_read);
                }

                // A state from before a power cut may be behind the log; the log never is behind the state.
                if ((_walker.WalkTo(_place, tail.Segment, tail.End) ?? Differs(tail)) is { } problem)
                {
                    Refuse($"this is not the log that was signed: {problem}; verify it, and keep a copy");
                }
            }

            IsChecked = _refusal is null;
        }

        if (_refusal is { } refusal)
        {
            throw new IOException(refusal);
        }
    }

    /// <summary>Records were appended.</summary>
    internal void Appended(int records, bool synced)
    {
        _unsigned += records;
        if (synced)
        {
            Deliver();
        }

        if (_unsigned >= _options.EveryRecords)
        {
            _wake?.Invoke();
        }
        else if (!_armed)
        {
            Arm();
        }
    }

    /// <summary>Signs the log up to here. Under the lock, after <see cref="Check"/>.</summary>
    /// <param name="tail">The end of the log.</param>
    /// <param name="closing">Whether this is the last one.</param>
    internal void Sign(JournalTail tail, bool closing)
    {
        // By count it rides on the next records' sync; by time it is synced itself, for nothing else may come.
        var sync = closing || _timeIsUp;
        Disarm();
        var newest = Newest();
        // Twice where the key changes: one that was only named proves nothing to whoever holds it alone (adr/0029).
        while (tail.Size > 0 && (!IsDueKey(newest) || _place.NotedSize != tail.Size))
        {
            sync |= !IsDueKey(newest);
            SignOnce(tail, newest, sync);
        }

        _unsigned = 0;
        if (sync)
        {
            DeliverSynced(tail);
        }

        ForgetOlder(tail);
    }

    /// <summary>Signing failed this time; it is tried again when it is due next.</summary>
    internal void Failed(string reason)
    {
        Disarm();
        SetStatus(status => status with { Problem = reason });
        if (_refusal is null && _unsigned > 0)
        {
            // Not at once, whatever the count says: what failed would fail again, and the records come first.
            _unsigned = 1;
            Arm();
        }
    }

    /// <summary>Waits, bounded, for the sink.</summary>
    internal Task DeliverRestAsync() => _dispatcher?.FinishAsync() ?? Task.CompletedTask;

    public void Dispose()
    {
        _timer?.Dispose();
        _key?.Dispose();
        _state.Dispose();
    }

    private static bool Contains(string outer, string inner) =>
        (inner + Path.DirectorySeparatorChar).StartsWith(outer + Path.DirectorySeparatorChar, StringComparison.Ordinal);

    private string? Differs(JournalTail tail) =>
        _place.LogId != tail.LogId ? "it is another log"
        : _place.Tree.Size != tail.Size || !_place.Tree.Nodes.SequenceEqual(tail.Tree.Nodes) ? "its records are others"
        : null;

    private bool IsDueKey(AuditPublicKey key) => string.Equals(_place.Key?.Fingerprint, key.Fingerprint, StringComparison.Ordinal);

    private void SignOnce(JournalTail tail, AuditPublicKey newest, bool sync)
    {
        DeliverSynced(tail);
        tail.MakeRoom(NoteFrame);
        var signer = _place.Key ?? newest;
        var next = IsDueKey(newest) ? null : newest;
        var note = AuditCheckpoint.Sign(_place, JournalFormat.Microseconds(_clock.GetUtcNow()), KeyOf(signer), next);
        _state.Write(_place, sync);
        _frame.Clear(next is null ? FrameType.Checkpoint : FrameType.Key);
        _frame.AddNote(Encoding.UTF8.GetBytes(note.ToString()));
        tail.Append(_frame, sync, note.Microseconds);
        _place.Key = newest;
        _place.NotedSize = IsDueKey(signer) ? tail.Size : -1;
        _undelivered = note;
        if (sync)
        {
            Deliver();
        }

        SetStatus(status => status with { Covered = note.Records, Problem = null });
    }

    /// <summary>Removes the keys before the one that is due: also such as somebody has left who was killed before he came to it.</summary>
    private void ForgetOlder(JournalTail tail)
    {
        if (_keys.HasOlder && _place.Key is { } due)
        {
            // Not by what this process knows: the key frame may be of one that did not come to sync it.
            tail.Sync();
            _keys.Forget(due);
        }
    }

    /// <summary>
    /// Asked before the first record, not at the first signature: a start is refused by a key that can't be used. Only of the newest;
    /// an older one may be removed by another process at any time.
    /// </summary>
    private string? WhyNoKey()
    {
        try
        {
            Newest();
            return null;
        }
        catch (Exception failure) when (JournalStorage.IsFailure(failure))
        {
            return failure.Message;
        }
    }

    private AuditPublicKey Newest()
    {
        // The files are looked at each time: another process may have rotated the key.
        var number = _keys.NewestNumber;
        if (_newest is null || number != _newestNumber)
        {
            using var key = _keys.Newest() ?? throw new IOException($"the key in {_keys.Location} is gone");
            (_newest, _newestNumber) = (AuditPublicKey.Of(key), number);
        }

        return _newest;
    }

    private ECDsa KeyOf(AuditPublicKey which)
    {
        if (_key is null || !string.Equals(_keyIs?.Fingerprint, which.Fingerprint, StringComparison.Ordinal))
        {
            var found = _keys.Find(which) ?? throw new IOException($"key {which.Fingerprint}, which is due, is not in {_keys.Location}");
            _key?.Dispose();
            (_key, _keyIs) = (found, which);
        }

        return _key;
    }

    private void DeliverSynced(JournalTail tail)
    {
        if (tail.NeedsSync)
        {
            tail.Sync();
        }

        Deliver();
    }

    private void Deliver()
    {
        if (_undelivered is { } note)
        {
            _undelivered = null;
            _dispatcher?.Offer(note);
        }
    }

    private void Arm()
    {
        _armed = true;
        _timer ??= _clock.CreateTimer(
            static signer => ((CheckpointSigner)signer!).TimeIsUp(),
            this,
            _options.Every,
            Timeout.InfiniteTimeSpan
        );
        _timer.Change(_options.Every, Timeout.InfiniteTimeSpan);
    }

    private void TimeIsUp()
    {
        _timeIsUp = true;
        _wake?.Invoke();
    }

    private void Disarm()
    {
        (_armed, _timeIsUp) = (false, false);
        _timer?.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    private void Refuse(string why)
    {
        _refusal = why;
        SetStatus(status => status with { Problem = why, IsRefused = true });
    }

    private void Told(AuditCheckpoint? kept, string? problem) =>
        SetStatus(status => status with { Kept = kept?.Records ?? status.Kept, SinkProblem = problem });

    private void SetStatus(Func<AuditSigningStatus, AuditSigningStatus> change)
    {
        AuditSigningStatus now;
        lock (_statusGate)
        {
            now = _status = change(_status);
        }

        _options.StatusChanged?.Invoke(now);
    }
}
