using Osl.Executors.Linux;
using Osl.Operations;

namespace Osl.Executors.Registry;

/// <summary>
/// Sees to it that a host has a living guardian from its first Managed entry on: started then, looked at before each one, watched in
/// between, and followed by another when it is lost.
/// </summary>
/// <remarks>
/// A guardian that is killed is followed at once; when that happens again within a minute, or none can be started, after a pause that
/// doubles.
/// None is started while nothing Managed lives: the next reservation brings it up, or is refused.
/// </remarks>
/// <param name="slots">The slot file's descriptor.</param>
/// <param name="isNeeded">Whether something Managed lives.</param>
/// <param name="time">The clock of the pauses.</param>
internal sealed class GuardianKeeper(Func<int> slots, Func<bool> isNeeded, TimeProvider time)
{
    private static readonly TimeSpan Ends = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(1);

    private readonly Lock _gate = new();
    private Guardian? _guardian;
    private Func<Guardian, Task>? _wait;
    private int _quickly;
    private bool _closed;

    /// <summary>Told of each loss and of what came of it, on the pool; never twice at once.</summary>
    internal Action<GuardianLoss>? Lost { get; init; }

    /// <summary>The guardian's pid while there is one; 0 before.</summary>
    internal int Pid
    {
        get
        {
            lock (_gate)
            {
                return _guardian?.Pid ?? 0;
            }
        }
    }

    /// <summary>Whether it lives; null where none was needed so far, or none is now.</summary>
    internal bool? IsAlive
    {
        get
        {
            bool? alive;
            lock (_gate)
            {
                alive = _guardian?.IsAlive();
            }

            return alive == false && !isNeeded() ? null : alive;
        }
    }

    /// <summary>From now on it is watched.</summary>
    /// <param name="wait">Completes when the process has ended; cancelled when nobody watches any more.</param>
    internal void WatchWith(Func<Guardian, Task> wait)
    {
        lock (_gate)
        {
            _wait = wait;
        }
    }

    /// <summary>Sees to a living guardian. A wait-free system call (some 0.3 µs) when there is one.</summary>
    internal OperationError? BringUp()
    {
        lock (_gate)
        {
            if (_guardian is { } guardian)
            {
                if (guardian.IsAlive())
                {
                    return null;
                }

                guardian.Dispose();
                _guardian = null;
            }

            // Under the lock that LetGoAsync takes: no guardian is started that nobody lets go.
            if (_closed)
            {
                return LaunchRegistry.Closed();
            }

            if (Guardian.Start(slots()).TryPickT1(out var error, out var started))
            {
                return error;
            }

            _guardian = started;
            if (_wait is { } wait)
            {
#pragma warning disable CA2025 // Disposed before its end is noticed, it says so (ObjectDisposedException), and nobody mends.
                _ = MendAsync(started.Pid, wait(started));
#pragma warning restore CA2025
            }

            return null;
        }
    }

    /// <summary>Starts no more, lets the guardian go, which ends what is Managed and still lives, and waits for it.</summary>
    internal async Task LetGoAsync()
    {
        Guardian? guardian;
        lock (_gate)
        {
            _closed = true;
            guardian = _guardian;
            _guardian = null;
        }

        if (guardian is not null)
        {
            await Task.Run(() => guardian.LetGo(Ends)).ConfigureAwait(false);
        }
    }

    /// <summary>Waits for the end of one guardian, and sees to the next when that was not meant.</summary>
    private async Task MendAsync(int pid, Task end)
    {
        var since = time.GetTimestamp();
        try
        {
            await end.ConfigureAwait(false);
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
        {
            return; // Nobody watches any more: the host is being closed, or a reservation has found it dead and replaced it.
        }

        _quickly = time.GetElapsedTime(since) < LongestPause ? _quickly + 1 : 1;
        while (true)
        {
            if (_quickly > 1)
            {
                await Task.Delay(Pause(), time).ConfigureAwait(false);
            }

            if (IsClosed)
            {
                return;
            }

            var error = isNeeded() ? BringUp() : null;
            Lost?.Invoke(new GuardianLoss(pid, Pid == pid ? 0 : Pid, error));
            if (error is null)
            {
                return;
            }

            _quickly++;
        }
    }

    private bool IsClosed
    {
        get
        {
            lock (_gate)
            {
                return _closed;
            }
        }
    }

    /// <summary>1, 2, 4 … 60 s, from the second loss in a short time on.</summary>
    private TimeSpan Pause() => TimeSpan.FromSeconds(Math.Min(LongestPause.TotalSeconds, Math.Pow(2, Math.Min(_quickly - 2, 10))));
}

/// <summary>A guardian ended before its host.</summary>
/// <param name="Pid">Which.</param>
/// <param name="Successor">The pid of the one that guards now; 0 while there is none: since nothing Managed lives, or by an error.</param>
/// <param name="Error">Why none could be started; it is tried again as long as something Managed lives.</param>
internal sealed record GuardianLoss(int Pid, int Successor, OperationError? Error);
