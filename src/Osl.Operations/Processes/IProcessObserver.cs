namespace Osl.Operations.Processes;

/// <summary>Hears of each exit of what was started. Called once a process, on a pool thread; must not throw.</summary>
public interface IProcessObserver
{
    /// <summary>A process that an operation started has ended.</summary>
    /// <param name="operation">The operation.</param>
    /// <param name="context">Who asked for it.</param>
    /// <param name="exit">How it ended.</param>
    /// <param name="group">Its group; null when it shares its host's.</param>
    void OnExited(OperationId operation, OperationContext context, ProcessExit exit, GroupRef? group);
}
