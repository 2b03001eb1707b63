namespace Osl.Operations.Processes;

/// <summary>One variable for the child. Its value is never shown or journaled, only its name.</summary>
/// <param name="Name">Not empty, without <c>=</c> and NUL.</param>
/// <param name="Value">Without NUL.</param>
public sealed record EnvironmentVariable(string Name, string Value)
{
    /// <summary>The name; the value is masked.</summary>
    public override string ToString() => $"{Name}={Argument.Mask}";
}

/// <summary>What the child finds in its environment: the host's with changes (the default), or only what is set here.</summary>
public sealed record EnvironmentConfig
{
    /// <summary>The host's environment, unchanged.</summary>
    public static EnvironmentConfig Inherited { get; } = new();

    /// <summary>Begins with nothing instead of with the host's environment.</summary>
    public bool Clean { get; init; }

    /// <summary>Variables to set, over whatever was inherited. Of two with the same name the validator refuses both.</summary>
    public ValueList<EnvironmentVariable> Set { get; init; }

    /// <summary>Variables not to inherit.</summary>
    public ValueList<string> Unset { get; init; }
}
