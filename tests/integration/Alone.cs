namespace Osl.Tests.Integration;

/// <summary>For tests that count what others on this machine do too: they run when no other test does.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;
