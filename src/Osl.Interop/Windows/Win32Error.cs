using System.Globalization;
using System.Runtime.InteropServices;

namespace Osl.Interop.Windows;

/// <summary>Win32 error codes (winerror.h).</summary>
internal static class Win32Error
{
    internal const int ERROR_INVALID_FUNCTION = 1;
    internal const int ERROR_FILE_NOT_FOUND = 2;
    internal const int ERROR_PATH_NOT_FOUND = 3;
    internal const int ERROR_TOO_MANY_OPEN_FILES = 4;
    internal const int ERROR_ACCESS_DENIED = 5;
    internal const int ERROR_INVALID_HANDLE = 6;
    internal const int ERROR_NOT_ENOUGH_MEMORY = 8;
    internal const int ERROR_OUTOFMEMORY = 14;
    internal const int ERROR_INVALID_DRIVE = 15;
    internal const int ERROR_SHARING_VIOLATION = 32;
    internal const int ERROR_LOCK_VIOLATION = 33;
    internal const int ERROR_NOT_SUPPORTED = 50;
    internal const int ERROR_BAD_NETPATH = 53;
    internal const int ERROR_FILE_EXISTS = 80;
    internal const int ERROR_INVALID_PARAMETER = 87;
    internal const int ERROR_BROKEN_PIPE = 109;
    internal const int ERROR_DISK_FULL = 112;
    internal const int ERROR_INVALID_NAME = 123;
    internal const int ERROR_INVALID_SECURITY_DESCR = 1338;
    internal const int ERROR_BAD_PATHNAME = 161;
    internal const int ERROR_ALREADY_EXISTS = 183;
    internal const int ERROR_EXE_MARKED_INVALID = 192;
    internal const int ERROR_BAD_EXE_FORMAT = 193;
    internal const int ERROR_FILENAME_EXCED_RANGE = 206;
    internal const int ERROR_EXE_MACHINE_TYPE_MISMATCH = 216;
    internal const int ERROR_VIRUS_INFECTED = 225;
    internal const int ERROR_PIPE_NOT_CONNECTED = 233;
    internal const int ERROR_MORE_DATA = 234;
    internal const int ERROR_DIRECTORY = 267;
    internal const int ERROR_IO_PENDING = 997;
    internal const int ERROR_ELEVATION_REQUIRED = 740;
    internal const int ERROR_ACCESS_DISABLED_BY_POLICY = 1260;
    internal const int ERROR_PRIVILEGE_NOT_HELD = 1314;
    internal const int ERROR_INTERNAL_ERROR = 1359;
    internal const int ERROR_NO_SYSTEM_RESOURCES = 1450;
    internal const int ERROR_COMMITMENT_LIMIT = 1455;
    internal const int ERROR_NOT_ENOUGH_QUOTA = 1816;

    private static readonly Dictionary<int, string> Names = new()
    {
        [ERROR_INVALID_FUNCTION] = nameof(ERROR_INVALID_FUNCTION),
        [ERROR_FILE_NOT_FOUND] = nameof(ERROR_FILE_NOT_FOUND),
        [ERROR_PATH_NOT_FOUND] = nameof(ERROR_PATH_NOT_FOUND),
        [ERROR_TOO_MANY_OPEN_FILES] = nameof(ERROR_TOO_MANY_OPEN_FILES),
        [ERROR_ACCESS_DENIED] = nameof(ERROR_ACCESS_DENIED),
        [ERROR_INVALID_HANDLE] = nameof(ERROR_INVALID_HANDLE),
        [ERROR_NOT_ENOUGH_MEMORY] = nameof(ERROR_NOT_ENOUGH_MEMORY),
        [ERROR_OUTOFMEMORY] = nameof(ERROR_OUTOFMEMORY),
        [ERROR_INVALID_DRIVE] = nameof(ERROR_INVALID_DRIVE),
        [ERROR_SHARING_VIOLATION] = nameof(ERROR_SHARING_VIOLATION),
        [ERROR_NOT_SUPPORTED] = nameof(ERROR_NOT_SUPPORTED),
        [ERROR_BAD_NETPATH] = nameof(ERROR_BAD_NETPATH),
        [ERROR_INVALID_PARAMETER] = nameof(ERROR_INVALID_PARAMETER),
        [ERROR_BROKEN_PIPE] = nameof(ERROR_BROKEN_PIPE),
        [ERROR_INVALID_NAME] = nameof(ERROR_INVALID_NAME),
        [ERROR_INVALID_SECURITY_DESCR] = nameof(ERROR_INVALID_SECURITY_DESCR),
        [ERROR_BAD_PATHNAME] = nameof(ERROR_BAD_PATHNAME),
        [ERROR_ALREADY_EXISTS] = nameof(ERROR_ALREADY_EXISTS),
        [ERROR_EXE_MARKED_INVALID] = nameof(ERROR_EXE_MARKED_INVALID),
        [ERROR_BAD_EXE_FORMAT] = nameof(ERROR_BAD_EXE_FORMAT),
        [ERROR_FILENAME_EXCED_RANGE] = nameof(ERROR_FILENAME_EXCED_RANGE),
        [ERROR_EXE_MACHINE_TYPE_MISMATCH] = nameof(ERROR_EXE_MACHINE_TYPE_MISMATCH),
        [ERROR_VIRUS_INFECTED] = nameof(ERROR_VIRUS_INFECTED),
        [ERROR_PIPE_NOT_CONNECTED] = nameof(ERROR_PIPE_NOT_CONNECTED),
        [ERROR_MORE_DATA] = nameof(ERROR_MORE_DATA),
        [ERROR_DIRECTORY] = nameof(ERROR_DIRECTORY),
        [ERROR_ELEVATION_REQUIRED] = nameof(ERROR_ELEVATION_REQUIRED),
        [ERROR_ACCESS_DISABLED_BY_POLICY] = nameof(ERROR_ACCESS_DISABLED_BY_POLICY),
        [ERROR_PRIVILEGE_NOT_HELD] = nameof(ERROR_PRIVILEGE_NOT_HELD),
        [ERROR_INTERNAL_ERROR] = nameof(ERROR_INTERNAL_ERROR),
        [ERROR_NO_SYSTEM_RESOURCES] = nameof(ERROR_NO_SYSTEM_RESOURCES),
        [ERROR_COMMITMENT_LIMIT] = nameof(ERROR_COMMITMENT_LIMIT),
        [ERROR_NOT_ENOUGH_QUOTA] = nameof(ERROR_NOT_ENOUGH_QUOTA),
    };

    /// <summary>The code of the call just made on this thread.</summary>
    internal static int Last => Marshal.GetLastPInvokeError();

    /// <summary>The symbolic name, or the number.</summary>
    internal static string Name(int code) =>
        Names.TryGetValue(code, out var name) ? name : string.Create(CultureInfo.InvariantCulture, $"Win32 error {code}");
}
