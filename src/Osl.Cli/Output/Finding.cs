namespace Osl.Cli.Output;

/// <summary>One line of osl doctor.</summary>
/// <param name="Name">A short stable name.</param>
/// <param name="IsFine">Whether it is there, or usable.</param>
/// <param name="Detail">What was found.</param>
/// <param name="Remedy">For a no: what would help.</param>
internal sealed record Finding(string Name, bool IsFine, string Detail, string? Remedy = null);
