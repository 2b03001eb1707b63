using Osl.Interop.Linux;

namespace Osl.Interop.Files;

/// <summary>Says in a phrase why a file could not be had: the names of exceptions say nothing to who has named the file.</summary>
internal static class FileFailure
{
    /// <summary>The phrase; the path is not in it.</summary>
    /// <param name="e">What was thrown by a call for a file, or by a reader of what stood in it.</param>
    internal static string Describe(Exception e) =>
        e switch
        {
            FileNotFoundException or DirectoryNotFoundException => "it does not exist",
            UnauthorizedAccessException => "permission denied",
            PathTooLongException => "its path is too long",
            // .NET keeps errno there, as the system has it.
            IOException when !OperatingSystem.IsWindows() && e.HResult is > 0 and < LastErrno => Errno.Name(e.HResult),
            IOException => "an input or output error",
            _ => "what stands there is not what was expected",
        };

    /// <summary>MAX_ERRNO of Linux.</summary>
    private const int LastErrno = 4096;
}
