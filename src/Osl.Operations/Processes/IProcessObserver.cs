namespace Osl.Operations.Processes;

/// <summary>Hears of what was started. Called on pool threads, before the caller learns of the same; must not throw.</summary>
public interface IProcessObserver
{
    /// <summary>The program of a run is running. A spawn says this by its outcome.</summary>
    /// <param name="operation">The operation.</param>
    /// <param name="context">Who asked for it.</param>
    /// <param name="process">The process.</param>
    /// <param name="pgid">The group it is in.</param>
    void OnStarted(OperationId operation, OperationContext context, ProcessRef process, int pgid);

    /// <summary>A process that an operation started or attached to has ended. Once for each such operation.</summary>
    /// <param name="operation">The operation.</param>
    /// <param name="context">Who asked for it.</param>
    /// <param name="exit">How it ended.</param>
    /// <param name="pgid">The group it was in.</param>
    void OnExited(OperationId operation, OperationContext context, ProcessExit exit, int pgid);

    /// <summary>Nobody is left of a group that an operation made. Once a group, after its leader's end. Nothing unless said otherwise.</summary>
    /// <param name="operation">The operation.</param>
    /// <param name="context">Who asked for it.</param>
    /// <param name="group">The group.</param>
    void OnGroupEnded(OperationId operation, OperationContext context, GroupRef group) { }
}
