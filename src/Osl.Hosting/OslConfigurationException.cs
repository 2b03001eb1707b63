namespace Osl.Hosting;

/// <summary>A host can't be made as it was asked for: a mistake in its configuration, which the message names.</summary>
/// <param name="message">What is wrong: one sentence.</param>
/// <param name="remedy">What to do: one sentence.</param>
public sealed class OslConfigurationException(string message, string remedy) : Exception($"{message} {remedy}")
{
    /// <summary>What to do.</summary>
    public string Remedy { get; } = remedy;

    /// <summary>A policy file is there, and this version can't read it (adr/0015-policy-that-can-not-be-read.md).</summary>
    /// <param name="file">The file.</param>
    internal static OslConfigurationException PolicyFile(string file) =>
        new(
            $"This version of Osl can't read policy files, and {file} must not be ignored.",
            "Remove the file or the option, or use a version that reads policies."
        );
}
