namespace Osl.Tests.Integration;

/// <summary>
/// For tests that ask "the" manager that runs, and those that run one: root's managers are all found in one place, whatever the
/// environment says, so these run one after the other.
/// </summary>
[CollectionDefinition(nameof(Managers))]
public sealed class Managers;
