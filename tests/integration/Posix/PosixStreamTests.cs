using Osl.Tests.Integration.Linux;

namespace Osl.Tests.Integration.Posix;

/// <summary>Pipes and captures, by the fallback.</summary>
public sealed class PosixStreamTests : StreamTests
{
    private protected override bool WithoutPidfds => true;
}
