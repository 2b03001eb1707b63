namespace Osl.Executors;

/// <summary>What an executor is given by its host.</summary>
internal sealed class ExecutorOptions
{
    public TimeProvider Time { get; init; } = TimeProvider.System;
}
