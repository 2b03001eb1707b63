namespace Osl.Hosting;

/// <summary>A host can't be made as it was asked for: a mistake in its configuration, which the message names.</summary>
/// <param name="message">What is wrong: one sentence.</param>
/// <param name="remedy">What to do: one sentence.</param>
public sealed class OslConfigurationException(string message, string remedy) : Exception($"{message} {remedy}")
{
    /// <summary>What to do.</summary>
    public string Remedy { get; } = remedy;
}
