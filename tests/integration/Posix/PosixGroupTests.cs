using Osl.Tests.Integration.Linux;

namespace Osl.Tests.Integration.Posix;

/// <summary>Groups, by the fallback.</summary>
public sealed class PosixGroupTests : GroupTests
{
    private protected override bool WithoutPidfds => true;
}
