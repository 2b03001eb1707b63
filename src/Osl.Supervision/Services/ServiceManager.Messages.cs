using Osl.Operations;

namespace Osl.Supervision.Services;

// What is said to the services. A message waits for the one before it to the same service and for nobody else's; a shutdown waits for
// none. What was said to a service that is only being started follows when it is up.
public sealed partial class ServiceManager
{
    private Task SendAsync(RuntimeControlMessage message)
    {
        ArgumentNullException.ThrowIfNull(message);
        lock (_gate)
        {
            if (_run is null)
            {
                _kept.Enqueue(message);
                return Task.CompletedTask;
            }

            return Tell(message);
        }
    }

    /// <summary>Under the lock, while it runs.</summary>
    private Task Tell(RuntimeControlMessage message)
    {
        if (message != RuntimeControlMessage.Shutdown)
        {
            var there = _entries.Where(entry => entry.Lifecycle.State is LifecycleState.Starting or LifecycleState.Running);
            return Task.WhenAll(there.Select(entry => Tell(entry, message)).ToArray());
        }

        var run = _run!;
        Stop(run);
        CompleteIfOver(run);
        return run.Completion.Task;
    }

    /// <summary>Tells one service, apart from all others. Under the lock.</summary>
    private Task Tell(ServiceEntry entry, RuntimeControlMessage message)
    {
        if (entry.Lifecycle.State == LifecycleState.Starting)
        {
            entry.Pending.Enqueue(message);
            return Task.CompletedTask;
        }

        // A shutdown overtakes what a service may be stuck with.
        return message == RuntimeControlMessage.Shutdown
            ? TellAsync(entry, Task.CompletedTask, message)
            : entry.Told = TellAsync(entry, entry.Told, message);
    }

    /// <summary>That it could not be told is an event.</summary>
    private async Task TellAsync(ServiceEntry entry, Task after, RuntimeControlMessage message)
    {
        try
        {
            await after.ConfigureAwait(false);
            var told = Task.Run(() => entry.Service.Handle.SendAsync(message));
            // The end of a shutdown is the service's own end, which has its time already.
            await (
                message == RuntimeControlMessage.Shutdown ? told : _options.TimeProvider.WaitAsync(told, _options.ShutdownGracePeriod)
            ).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            lock (_gate)
            {
                var state = entry.Lifecycle.State;
                Events.Publish(new ServiceEvent(entry.Name, state, state, _options.TimeProvider.GetUtcNow(), e));
            }
        }
    }

    private sealed class Control(ServiceManager manager) : IProcessControlHandler
    {
        public Task SendAsync(RuntimeControlMessage message) => manager.SendAsync(message);

        public void Reset()
        {
            lock (manager._gate)
            {
                manager._kept.Clear();
            }
        }
    }
}
