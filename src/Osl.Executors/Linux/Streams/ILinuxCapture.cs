using Osl.Executors.Streams;

namespace Osl.Executors.Linux;

/// <summary>A stream of a child that the host reads.</summary>
internal interface ILinuxCapture : ICapture
{
    /// <summary>Begins to read.</summary>
    /// <returns>The error number, or 0.</returns>
    int Begin();
}
