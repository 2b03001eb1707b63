namespace Osl.Supervision.Services;

/// <summary>What came first: a piece of work, or a control message.</summary>
/// <typeparam name="T">What the work yields.</typeparam>
public readonly record struct Tick<T>
{
    internal Tick(T value) => Value = value;

    internal Tick(RuntimeControlMessage control) => Control = control;

    /// <summary>The message; null when it was work.</summary>
    public RuntimeControlMessage? Control { get; }

    /// <summary>What the work has yielded; the default of its type when it was a message.</summary>
    public T? Value { get; }

    /// <summary>Whether the service is to end.</summary>
    public bool IsShutdown => Control == RuntimeControlMessage.Shutdown;

    /// <summary>Whether the service is to read its configuration again.</summary>
    public bool IsReload => Control == RuntimeControlMessage.Reload;
}
