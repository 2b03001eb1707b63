namespace Osl.Operations.Processes;

/// <summary>Reads the system's table of processes. Changes nothing; no operation, so neither judged nor recorded.</summary>
public interface IProcessTable
{
    /// <summary>What one process is doing, or null when it is gone or its pid belongs to another one now.</summary>
    /// <param name="process">Which one.</param>
    ProcessState? Read(ProcessRef process);
}
