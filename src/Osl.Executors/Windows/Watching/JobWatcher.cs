using System.Collections.Concurrent;
using Osl.Interop.Windows;

namespace Osl.Executors.Windows;

/// <summary>
/// Notices that jobs become empty: one completion port and one thread for all of them, started with the first.
/// </summary>
/// <remarks>
/// A job tells its port that its last process has ended, but the delivery is not promised (JOBOBJECT_ASSOCIATE_COMPLETION_PORT). So a
/// message is only a hint to look, and there are two more: a job is looked at when the process that was launched into it ends, and,
/// as long as there are jobs whose first process has ended, once a second. Whoever is in the table is kept from the garbage collector:
/// a kill-on-close job whose handle were finalised would take its processes along.
/// </remarks>
internal sealed class JobWatcher
{
    private const uint LookAgain = 1000;
    private const nuint WakeUp = 0;

    private readonly ConcurrentDictionary<nuint, JobWatch> _watched = new();
    private readonly Lock _gate = new();
    private CompletionPort? _port;
    private Thread? _thread;
    private long _lastKey;
    private int _tails;
    private bool _closing;
    private TaskCompletionSource? _closed;
    private TaskCompletionSource? _answer;

    /// <summary>Begins to watch a job, which must have no process yet.</summary>
    /// <param name="watch">Is asked to look.</param>
    /// <param name="job">The job.</param>
    /// <returns>The Win32 code, or 0.</returns>
    internal int Add(JobWatch watch, Win32Handle job)
    {
        lock (_gate)
        {
            if (_port is null)
            {
                _port = CompletionPort.TryCreate(out var failed);
                if (_port is null)
                {
                    return failed;
                }
            }

            watch.Key = (nuint)(++_lastKey);
            _watched[watch.Key] = watch;
            var error = Job.Associate(job, _port.Handle, watch.Key);
            if (error != 0)
            {
                _watched.TryRemove(watch.Key, out _);
                return error;
            }

            if (_thread is null)
            {
                var thread = new Thread(Run) { IsBackground = true, Name = "osl-job-watcher" };
                thread.Start();
                _thread = thread;
            }

            return 0;
        }
    }

    /// <summary>No more; its job is empty, or was given up.</summary>
    internal void Remove(JobWatch watch, bool wasTail)
    {
        _watched.TryRemove(watch.Key, out _);
        if (wasTail)
        {
            Interlocked.Decrement(ref _tails);
        }

        lock (_gate)
        {
            if (_closing)
            {
                _port?.Post(WakeUp);
            }
        }
    }

    /// <summary>One more job whose first process has ended: while there are such, all are looked at now and then.</summary>
    internal void AddTail()
    {
        if (Interlocked.Increment(ref _tails) == 1)
        {
            lock (_gate)
            {
                _port?.Post(WakeUp);
            }
        }
    }

    /// <summary>Completes when the thread has gone round once; at once when it never began or has ended.</summary>
    internal Task AnswersAsync()
    {
        lock (_gate)
        {
            if (_thread is null)
            {
                return Task.CompletedTask;
            }

            _answer ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _port!.Post(WakeUp);
            return _answer.Task;
        }
    }

    /// <summary>With nothing left to watch the thread has ended when this completes; else it ends with the last job.</summary>
    internal Task CloseAsync()
    {
        lock (_gate)
        {
            _closing = true;
            if (_thread is null)
            {
                _port?.Dispose();
                _port = null;
                return Task.CompletedTask;
            }

            _closed ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _port!.Post(WakeUp);
            return _watched.IsEmpty ? _closed.Task : Task.CompletedTask;
        }
    }

    private void Run()
    {
        var port = _port!;
        while (true)
        {
            var wait = Volatile.Read(ref _tails) > 0 ? LookAgain : Kernel32.INFINITE;
            if (!port.Wait(wait, out var message, out var key))
            {
                foreach (var watch in _watched.Values)
                {
                    watch.Look();
                }
            }
            else if (message == Kernel32.JOB_OBJECT_MSG_ACTIVE_PROCESS_ZERO && _watched.TryGetValue(key, out var empty))
            {
                empty.Look();
            }

            lock (_gate)
            {
                _answer?.SetResult();
                _answer = null;
                if (_closing && _watched.IsEmpty)
                {
                    _thread = null;
                    _port = null;
                    port.Dispose();
                    _closed?.TrySetResult();
                    return;
                }
            }
        }
    }
}

/// <summary>Who wants to know when a job is empty.</summary>
internal abstract class JobWatch
{
    internal nuint Key { get; set; }

    /// <summary>Looks whether the job is empty. Quick, and never throws.</summary>
    internal abstract void Look();
}
