namespace Osl.Executors;

/// <summary>What an executor is given by its host.</summary>
internal sealed class ExecutorOptions
{
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Where the registry of live groups lies; null keeps it in memory, where other hosts don't see it.</summary>
    public string? RegistryDirectory { get; init; }
}
