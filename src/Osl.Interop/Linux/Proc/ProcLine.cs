using System.Buffers.Text;
using System.Text;

namespace Osl.Interop.Linux;

/// <summary>What /proc/PID/stat says (proc_pid_stat(5)), read without allocating; the name only for who asks for it.</summary>
/// <param name="Pid">Field 1.</param>
/// <param name="State">Field 3.</param>
/// <param name="ParentPid">Field 4.</param>
/// <param name="Pgid">Field 5.</param>
/// <param name="Session">Field 6.</param>
/// <param name="StartTime">Field 22: clock ticks since boot.</param>
internal readonly record struct ProcLine(int Pid, char State, int ParentPid, int Pgid, int Session, long StartTime)
{
    /// <summary>Field 2, any bytes taken as UTF-8; empty when it was not asked for.</summary>
    internal string Name { get; private init; } = "";

    /// <summary>Neither a zombie nor dead.</summary>
    internal bool IsAlive => State is not ('Z' or 'X' or 'x');

    /// <summary>Reads one process; false when it is gone.</summary>
    /// <exception cref="OutOfDescriptorsException">Whether it is can't be told now.</exception>
    internal static bool TryRead(int pid, out ProcLine line, bool withName = false)
    {
        if (TryRead(pid, out line, out var error, withName))
        {
            return true;
        }

        OutOfDescriptorsException.ThrowIfLack(error);
        return false;
    }

    /// <summary>Reads one process; false with the error number: ENOENT or ESRCH when it is gone.</summary>
    internal static bool TryRead(int pid, out ProcLine line, out int error, bool withName = false)
    {
        Span<byte> buffer = stackalloc byte[1024];
        var length = ProcFile.Read(pid, "stat"u8, buffer);
        line = default;
        error = length < 0 ? -length : Errno.ESRCH;
        return length > 0 && TryParse(pid, buffer[..length], out line, withName);
    }

    /// <summary>Parses the line. The name may itself hold spaces and parentheses: it ends at the last one.</summary>
    internal static bool TryParse(int pid, ReadOnlySpan<byte> text, out ProcLine line, bool withName = false)
    {
        line = default;
        var close = text.LastIndexOf((byte)')');
        if (close < 0 || close + 4 >= text.Length)
        {
            return false;
        }

        var state = (char)text[close + 2];
        var rest = text[(close + 4)..];
        Span<long> numbers = stackalloc long[3];
        for (var field = 4; field < 22; field++)
        {
            var end = rest.IndexOf((byte)' ');
            if (end < 0 || (field <= 6 && !Utf8Parser.TryParse(rest[..end], out numbers[field - 4], out _)))
            {
                return false;
            }

            rest = rest[(end + 1)..];
        }

        if (!Utf8Parser.TryParse(rest, out long start, out _))
        {
            return false;
        }

        var open = text.IndexOf((byte)'(');
        line = new ProcLine(pid, state, (int)numbers[0], (int)numbers[1], (int)numbers[2], start)
        {
            Name = withName && open >= 0 && open < close ? Encoding.UTF8.GetString(text[(open + 1)..close]) : "",
        };
        return true;
    }
}
