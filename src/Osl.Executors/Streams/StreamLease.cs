using Osl.Operations;

namespace Osl.Executors.Streams;

/// <summary>What the streams of a spawn are tied to beside pipes, found out by prepare and held until the launch.</summary>
/// <param name="paths">The files that would be written to, by real path: for the policy to judge.</param>
internal class StreamLease(ValueList<string> paths) : IDisposable
{
    /// <summary>For a spawn that needs none.</summary>
    internal static StreamLease None { get; } = new([]);

    internal ValueList<string> Paths { get; } = paths;

    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    protected virtual void Dispose(bool disposing) { }
}
