using Osl.Tests.Integration.Linux;

namespace Osl.Tests.Integration.Posix;

/// <summary>Holding one process, by the fallback.</summary>
public sealed class PosixProcessTests : ProcessTests
{
    private protected override bool WithoutPidfds => true;
}
