using System.Runtime.Versioning;
using Osl.Tests.Integration.Streams;

namespace Osl.Tests.Integration.Posix;

/// <summary>Inputs and several targets, by the fallback.</summary>
[SupportedOSPlatform("linux")]
public sealed class PosixInputAndTeeTests : InputAndTeeTests
{
    protected override bool WithoutPidfds => true;
}
