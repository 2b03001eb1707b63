using Osl.Tests.Integration.Linux;

namespace Osl.Tests.Integration.Posix;

/// <summary>Starting, by the fallback.</summary>
public sealed class PosixLaunchTests : LaunchTests
{
    private protected override bool WithoutPidfds => true;
}
