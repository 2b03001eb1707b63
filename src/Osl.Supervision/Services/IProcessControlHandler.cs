namespace Osl.Supervision.Services;

/// <summary>The handle by which a service is told what to do, from inside and outside.</summary>
public interface IProcessControlHandler
{
    /// <summary>Says something to the service. What is said before it runs is kept for it.</summary>
    /// <param name="message">What.</param>
    /// <returns>
    /// Completes when it was taken; a shutdown of a <see cref="ServiceManager"/> completes when all its services have ended or were
    /// given up, so a service must not wait for that within itself.
    /// </returns>
    Task SendAsync(RuntimeControlMessage message);

    /// <summary>
    /// Forgets what was said and not taken: said before a service is run again, so that a message of the run before, which came when
    /// it was over, is not taken for one of the next. Nothing unless said otherwise.
    /// </summary>
    void Reset() { }

    /// <summary>Asks it to end.</summary>
    Task ShutdownAsync() => SendAsync(RuntimeControlMessage.Shutdown);

    /// <summary>Asks it to read its configuration again.</summary>
    Task ReloadAsync() => SendAsync(RuntimeControlMessage.Reload);
}
