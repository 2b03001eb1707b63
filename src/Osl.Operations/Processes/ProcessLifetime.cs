using System.Text.Json.Serialization;

namespace Osl.Operations.Processes;

/// <summary>Whether a process ends with its host.</summary>
[JsonConverter(typeof(SnakeCaseEnumConverter<ProcessLifetime>))]
public enum ProcessLifetime
{
    /// <summary>Ended with its host at the latest, even when the host is killed.</summary>
    Managed,

    /// <summary>Lives on, in a session of its own, without streams to the host.</summary>
    Detached,
}
