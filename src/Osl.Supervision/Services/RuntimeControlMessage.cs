namespace Osl.Supervision.Services;

/// <summary>What is said to a service while it runs. A service that does not know a message lets it pass.</summary>
public abstract record RuntimeControlMessage
{
    private RuntimeControlMessage() { }

    /// <summary>End, in your own time but soon.</summary>
    public static RuntimeControlMessage Shutdown { get; } = new ShutdownMessage();

    /// <summary>Read your configuration again.</summary>
    public static RuntimeControlMessage Reload { get; } = new ReloadMessage();

    /// <summary>A message of the host's own.</summary>
    /// <param name="Payload">What it says.</param>
    public sealed record Custom(object Payload) : RuntimeControlMessage;

    private sealed record ShutdownMessage : RuntimeControlMessage;

    private sealed record ReloadMessage : RuntimeControlMessage;
}
