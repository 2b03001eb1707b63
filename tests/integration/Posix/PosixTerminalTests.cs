using System.Runtime.Versioning;
using Osl.Tests.Integration.Streams;

namespace Osl.Tests.Integration.Posix;

/// <summary>Terminals, by the fallback.</summary>
[Collection(nameof(Alone))]
[SupportedOSPlatform("linux")]
public sealed class PosixTerminalTests : TerminalTests
{
    protected override bool WithoutPidfds => true;
}
