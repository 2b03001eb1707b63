using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using Osl.Executors.Linux;

namespace Osl.Executors.Posix;

/// <summary>
/// Notices the ends of the children of one executor, by SIGCHLD, and lets others wait for what no signal tells.
/// </summary>
/// <remarks>
/// Constraints and scheme (adr/0041-posix-fallback.md, knowledge/posix-fallback.md):
/// <para>
/// The signal is heard through the runtime (PosixSignalRegistration), beside System.Diagnostics.Process, which hears it too: there is one
/// disposition, and it is the runtime's. Signals are merged when they come quickly, so one means that some child may have ended: all of
/// ours are asked, each by its own pid and without being taken. P_ALL, P_PGID and waitpid(-1) are never asked: they mean Process's
/// children too.
/// </para>
/// <para>
/// A child is asked once when it is added, after the registration: whoever ended before was told of to nobody.
/// </para>
/// <para>
/// The ends of processes that are not our children are told by nothing that POSIX has. They are looked at again and again, after 5 ms
/// first and 100 ms in the end, and after each SIGCHLD; by the world's own time, since it is the world that is looked at.
/// </para>
/// </remarks>
internal sealed class ChildWatcher
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(100);

    private readonly Lock _gate = new();
    private readonly ConcurrentDictionary<int, PosixChild> _children = new();
    private TaskCompletionSource _signalled = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private PosixSignalRegistration? _registration;
    private int _signals;
    private bool _closing;

    /// <summary>Makes sure that ends are heard of. Before a child is started.</summary>
    internal void Begin()
    {
        lock (_gate)
        {
            if (!_closing && !OperatingSystem.IsWindows())
            {
                // Without Cancel nothing else happens at SIGCHLD: the runtime's own business with it is done before.
                _registration ??= PosixSignalRegistration.Create(PosixSignal.SIGCHLD, _ => OnSignal());
            }
        }
    }

    /// <summary>Watches a child until <see cref="Remove"/>.</summary>
    internal void Add(PosixChild child)
    {
        _children[child.Process.Pid] = child;
        child.Look();
    }

    internal void Remove(PosixChild child)
    {
        _ = _children.TryRemove(KeyValuePair.Create(child.Process.Pid, child));
        EndIfOver();
    }

    /// <summary>The child of a pid, from its start until its number is not its own any more.</summary>
    internal PosixChild? Find(int pid) => _children.GetValueOrDefault(pid);

    /// <summary>Completes when a look says so. The first look is made before this returns.</summary>
    /// <param name="isOver">The look. Not for lack of descriptors: then it is made again.</param>
    /// <param name="cancellationToken">Ends the wait only.</param>
    internal Task WaitAsync(Func<bool> isOver, CancellationToken cancellationToken) => WaitAsync(isOver, FirstPause, cancellationToken);

    /// <summary>
    /// The same, for a child of ours whose end the signal tells: nothing is looked at in between. It may be the first: who only attaches starts
    /// nobody but the guardian.
    /// </summary>
    internal Task WaitForChildAsync(Func<bool> isOver, CancellationToken cancellationToken)
    {
        if (SignalDispositions.IsChildIgnored())
        {
            // No signal comes of it. And handling it here would hide from the next launch that it is ignored, and that no status is kept.
            return WaitAsync(isOver, cancellationToken);
        }

        Begin();
        return WaitAsync(isOver, Timeout.InfiniteTimeSpan, cancellationToken);
    }

    private async Task WaitAsync(Func<bool> isOver, TimeSpan pause, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        while (true)
        {
            // Before the look: what comes while one looks is not missed.
            var signalled = Volatile.Read(ref _signalled).Task;
            if (Look(isOver))
            {
                return;
            }

            using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            _ = await Task.WhenAny(signalled, Task.Delay(pause, TimeProvider.System, over.Token)).ConfigureAwait(false);
            await over.CancelAsync().ConfigureAwait(false);
            cancellationToken.ThrowIfCancellationRequested();
            pause =
                pause == Timeout.InfiniteTimeSpan ? pause
                : pause * 2 < LongestPause ? pause * 2
                : LongestPause;
        }
    }

    /// <summary>Nothing more is started; ends are heard of until the last child has ended.</summary>
    internal void Close()
    {
        lock (_gate)
        {
            _closing = true;
        }

        EndIfOver();
    }

    private static bool Look(Func<bool> isOver)
    {
        try
        {
            return isOver();
        }
        catch (Interop.Linux.OutOfDescriptorsException)
        {
            // Not seen is not gone.
            return false;
        }
    }

    /// <summary>On the pool, perhaps on several of its threads at once: one of them looks, for all of them.</summary>
    private void OnSignal()
    {
        if (Interlocked.Increment(ref _signals) > 1)
        {
            return;
        }

        int taken;
        do
        {
            taken = Volatile.Read(ref _signals);
            foreach (var child in _children.Values)
            {
                child.Look();
            }

            Interlocked.Exchange(ref _signalled, new(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();
        } while (Interlocked.Add(ref _signals, -taken) > 0);
    }

    private void EndIfOver()
    {
        PosixSignalRegistration? over = null;
        lock (_gate)
        {
            if (_closing && _children.IsEmpty)
            {
                over = _registration;
                _registration = null;
            }
        }

        over?.Dispose();
    }
}
