using Osl.Operations;
using Osl.Operations.Processes;

namespace Osl.Executors.Streams;

/// <summary>Our side of a terminal that a child has for its own. When it and the streams over it are closed, the terminal hangs up.</summary>
internal interface IPseudoTerminal : IDisposable
{
    /// <summary>Gives it another size.</summary>
    /// <returns>Null, or why not.</returns>
    OperationError? Resize(TerminalSize size);
}
