namespace Osl.Executors;

/// <summary>What an executor is given by its host.</summary>
internal sealed class ExecutorOptions
{
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>For a host that stands between a shell and its one program; null for every other.</summary>
    public JobControl? JobControl { get; init; }
}
