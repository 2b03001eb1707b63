using System.Globalization;
using System.Runtime.Versioning;
using System.Text;
using Osl.Interop.Linux;

namespace Osl.Tests.Integration.Cli;

/// <summary>Finds processes by what a test put into their environment: its own directory, which no other process names.</summary>
[UnsupportedOSPlatform("windows")]
internal static class Marked
{
    internal static List<int> Alive(string directory)
    {
        var mark = Encoding.UTF8.GetBytes(directory);
        return [.. ProcFs.Pids().Where(pid => ProcFs.TryReadStat(pid, out var stat) && stat.IsAlive && Names(pid, mark))];
    }

    private static bool Names(int pid, byte[] mark)
    {
        try
        {
            var environment = File.ReadAllBytes(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/environ"));
            return environment.AsSpan().IndexOf(mark) >= 0;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Gone, or another user's: none of ours.
            return false;
        }
    }
}
