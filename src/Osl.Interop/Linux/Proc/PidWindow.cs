using System.Buffers.Text;
using System.Runtime.InteropServices;

namespace Osl.Interop.Linux;

/// <summary>
/// The pids that were given out since a process started: whoever descends from it has one of them. Pids are given out in ascending
/// order and begin again at the bottom beyond the largest (pid_namespaces(7), proc_sys_kernel(5)), so between a process and the last
/// pid given out lie all of them, unless they went round meanwhile: then every pid is in the window.
/// </summary>
/// <remarks>
/// Most programs end within milliseconds and a handful of pids. Looking at those, instead of at the environment of every process of
/// the machine, is what makes it affordable to say after each run who has left its group.
/// </remarks>
[StructLayout(LayoutKind.Auto)]
internal readonly struct PidWindow
{
    /// <summary>
    /// More than can be forked in one tick (10 ms): what decides whether the pids can have gone round. A core makes some 10,000
    /// processes a second at its best; this allows for twice as many.
    /// </summary>
    private static readonly long ForksPerTick = 200L * Environment.ProcessorCount;

    private static readonly Lazy<long> PidMax = new(() => ReadNumber("/proc/sys/kernel/pid_max\0"u8, field: 0));

    private readonly int _after;
    private readonly int _last;

    private PidWindow(int after, int last)
    {
        _after = after;
        _last = last;
    }

    /// <summary>How many pids, at most; <see cref="int.MaxValue"/> when it is all of them.</summary>
    internal int Size =>
        _last == 0 ? int.MaxValue
        : _last >= _after ? _last - _after
        : int.MaxValue;

    /// <summary>The first pid of a window that has a size.</summary>
    internal int First => _after + 1;

    /// <summary>The pids since a process started.</summary>
    /// <param name="pid">The process.</param>
    /// <param name="startTime">When it started, in ticks since boot.</param>
    internal static PidWindow Since(int pid, long startTime)
    {
        var last = (int)Math.Max(0, ReadNumber("/proc/loadavg\0"u8, field: 4));
        var age = Uptime() - startTime;
        return age < 0 || last == 0 || (age + 1) * ForksPerTick >= PidMax.Value ? default : new PidWindow(pid, last);
    }

    /// <summary>Whether a pid is in the window.</summary>
    internal bool Contains(int pid) => _last == 0 || (_last >= _after ? pid > _after && pid <= _last : pid > _after || pid <= _last);

    /// <summary>Ticks since boot; proc_uptime(5) gives seconds with two decimals, and a tick of /proc is 10 ms (sysconf(3)).</summary>
    private static long Uptime()
    {
        Span<byte> buffer = stackalloc byte[64];
        var length = ProcFile.Read("/proc/uptime\0"u8, buffer);
        return length > 0 && Utf8Parser.TryParse(buffer[..length], out decimal seconds, out _) ? (long)(seconds * 100) : -1;
    }

    /// <summary>The whole number in one field of a file's first line; -1 when it is not there.</summary>
    private static long ReadNumber(ReadOnlySpan<byte> path, int field)
    {
        Span<byte> buffer = stackalloc byte[256];
        var length = ProcFile.Read(path, buffer);
        ReadOnlySpan<byte> rest = length < 0 ? [] : buffer[..length];
        for (; field > 0; field--)
        {
            rest = rest[(rest.IndexOf((byte)' ') + 1)..];
        }

        return Utf8Parser.TryParse(rest, out long number, out _) ? number : -1;
    }
}
