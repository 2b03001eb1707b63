namespace Osl.Interop.Posix;

/// <summary>
/// Native calls that POSIX.1-2008 (or, for wait4, every Unix) has and Linux's own room does not use, one a file. What differs between
/// systems are numbers, and they stand beside their call. Those of macOS are from its headers and were never run.
/// </summary>
internal static partial class PosixLibc
{
    private const string Library = "libc";
}
