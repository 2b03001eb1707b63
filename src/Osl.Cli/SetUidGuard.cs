using Osl.Interop.Linux;

namespace Osl.Cli;

/// <summary>
/// Refuses to run with more privileges than the caller has: .NET obeys the caller's environment before any code of ours runs
/// (startup hooks), so a set-uid osl would hand its privileges to everybody.
/// </summary>
internal static class SetUidGuard
{
    internal static bool IsSetUid =>
        !OperatingSystem.IsWindows() && (Libc.GetUid() != Libc.GetEuid() || Libc.GetAuxVal(Libc.AT_SECURE) != 0);
}
