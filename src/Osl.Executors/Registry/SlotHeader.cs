using System.Globalization;
using System.Text;

namespace Osl.Executors.Registry;

/// <summary>The first line of a slot file: whose it is. <c>OSL-REGISTRY 1 BOOTID PIDNS HOSTPID HOSTSTART</c>.</summary>
/// <param name="BootId">The boot in which its numbers mean something.</param>
/// <param name="PidNamespace">The pid namespace in which they do.</param>
/// <param name="HostPid">The host.</param>
/// <param name="HostStartTime">When the host started.</param>
internal sealed record SlotHeader(string BootId, long PidNamespace, int HostPid, long HostStartTime)
{
    private const string Magic = "OSL-REGISTRY";
    private const string Version = "1";

    internal void Write(Span<byte> line)
    {
        line.Fill((byte)' ');
        _ = Encoding.ASCII.GetBytes(
            string.Create(CultureInfo.InvariantCulture, $"{Magic} {Version} {BootId} {PidNamespace} {HostPid} {HostStartTime}"),
            line
        );
        line[SlotLine.Length - 1] = (byte)'\n';
    }

    /// <summary>Reads a line that may hold anything; null when it is no header of this version.</summary>
    internal static SlotHeader? Read(ReadOnlySpan<byte> line)
    {
        if (line.Length < SlotLine.Length || line[SlotLine.Length - 1] != (byte)'\n')
        {
            return null;
        }

        return
            Encoding.ASCII.GetString(line[..(SlotLine.Length - 1)]).TrimEnd(' ').Split(' ')
                is [Magic, Version, var boot, var ns, var pid, var start]
            && long.TryParse(ns, NumberStyles.None, CultureInfo.InvariantCulture, out var pidNamespace)
            && int.TryParse(pid, NumberStyles.None, CultureInfo.InvariantCulture, out var hostPid)
            && long.TryParse(start, NumberStyles.None, CultureInfo.InvariantCulture, out var hostStart)
            ? new SlotHeader(boot, pidNamespace, hostPid, hostStart)
            : null;
    }
}
