using Osl.Interop.Linux;

namespace Osl.Cli.Output;

/// <summary>Standard output or error can't be written.</summary>
internal sealed class OutputFailedException(int errno) : IOException($"Output can't be written ({Errno.Name(errno)}).")
{
    /// <summary>The reader has gone away, as the <c>head</c> of a pipeline does: no error, only nothing more to do.</summary>
    internal bool ReaderIsGone { get; } = errno == Errno.EPIPE;
}
