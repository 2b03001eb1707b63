using System.Diagnostics.CodeAnalysis;
using System.Runtime.ExceptionServices;

namespace Osl.Tests;

/// <summary>As the runtime tells that the system gives no thread: by an OutOfMemoryException, which is for the runtime alone to throw.</summary>
internal sealed class NoThreadException() : OutOfMemoryException("no thread")
{
    [DoesNotReturn]
    internal static void Throw() => ExceptionDispatchInfo.Throw(new NoThreadException());
}
