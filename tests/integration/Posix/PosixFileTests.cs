using System.Runtime.Versioning;
using Osl.Tests.Integration.Streams;

namespace Osl.Tests.Integration.Posix;

/// <summary>Output files, by the fallback.</summary>
[SupportedOSPlatform("linux")]
public sealed class PosixFileTests : FileTests
{
    protected override bool WithoutPidfds => true;
}
