using Osl.Tests.Integration.Linux;

namespace Osl.Tests.Integration.Posix;

/// <summary>What must be right every time, by the fallback.</summary>
public sealed class PosixRaceTests : RaceTests
{
    private protected override bool WithoutPidfds => true;
}
