using System.Buffers.Binary;
using System.Buffers.Text;
using System.Globalization;
using System.Numerics;
using System.Text;
using Osl.Operations;

namespace Osl.Executors.Registry;

/// <summary>
/// One line of a slot file: 256 bytes of ASCII in fixed columns, so that a shell script can read it (adr/0009-registry-and-guardian.md).
/// </summary>
/// <remarks>
/// <code>
/// column  0  2..33  35..44  46..55  57..76  78    80        82..96   97    98..236              238..245  247..254  255
///         S  OPID   PID     PGID    START   OWNS  LIFETIME  EPOCHMS  KIND  PRINCIPAL PROGRAM    SUM1      SUM2      newline
/// </code>
/// <para>
/// States: <c>F</c> free, <c>P</c> prepared (a process of this operation may exist), <c>L</c> live and Managed, <c>D</c> live and
/// Detached. The state is one byte and is always stored last, with release order: whoever kills the host at any moment leaves
/// either the old or the new meaning. What is live and released becomes D by that byte alone; what it was started as stays in LIFETIME. KIND
/// is blank, or <c>A</c> for a process that was attached to. A prepared line says its operation, lifetime and names; pid, pgid, start and owns count in
/// L and D only, since they are written while it is prepared.
/// </para>
/// <para>
/// Another host reads while we write and may see half of one process and half of the next. Therefore two sums (CRC-32C), each with
/// the operation's id in it: SUM1 over what is written with P, SUM2 over what is written with L. A torn line has a wrong sum and is
/// skipped. The sums are no protection against somebody who may write the file: that is us and root.
/// </para>
/// </remarks>
internal static class SlotLine
{
    internal const int Length = 256;
    internal const byte Free = (byte)'F';
    internal const byte Prepared = (byte)'P';
    internal const byte Live = (byte)'L';
    internal const byte LiveDetached = (byte)'D';

    private const int PrincipalRoom = 60;
    private static readonly Range Operation = 2..34;
    private static readonly Range Pid = 35..45;
    private static readonly Range Pgid = 46..56;
    private static readonly Range Start = 57..77;
    private static readonly Range Epoch = 82..97;
    private static readonly Range Names = 98..237;
    private static readonly Range Reservation = 80..237;
    private static readonly Range ReservationSum = 238..246;
    private static readonly Range Process = 35..79;
    private static readonly Range ProcessSum = 247..255;
    private const int OwnsAt = 78;
    private const int LifetimeAt = 80;
    private const int KindAt = 97;

    /// <summary>A free line.</summary>
    internal static void WriteFree(Span<byte> line)
    {
        line.Fill((byte)' ');
        line[0] = Free;
        line[Length - 1] = (byte)'\n';
    }

    /// <summary>All of a prepared line but its state.</summary>
    internal static void WriteReservation(
        Span<byte> line,
        string operation,
        bool detached,
        long epochMilliseconds,
        string principal,
        string program,
        bool attached = false
    )
    {
        Span<byte> fresh = stackalloc byte[Length];
        WriteFree(fresh);
        _ = Encoding.ASCII.GetBytes(operation, fresh[Operation]);
        fresh[35] = fresh[46] = fresh[57] = fresh[OwnsAt] = (byte)'0';
        fresh[LifetimeAt] = (byte)(detached ? 'D' : 'M');
        _ = Utf8Formatter.TryFormat(Math.Max(0, epochMilliseconds), fresh[Epoch], out _);
        fresh[KindAt] = (byte)(attached ? 'A' : ' ');
        var names = fresh[Names];
        var used = SlotText.Encode(principal, names[..PrincipalRoom]) + 1;
        _ = SlotText.Encode(program, names[used..]);
        WriteSum(Sum(fresh, Reservation), fresh[ReservationSum]);
        WriteSum(Sum(fresh, Process), fresh[ProcessSum]);
        fresh[1..].CopyTo(line[1..]);
    }

    /// <summary>What is added to a prepared line before it becomes a live one.</summary>
    internal static void WriteProcess(Span<byte> line, int pid, int pgid, long start, bool owns)
    {
        Span<byte> fresh = stackalloc byte[Length];
        line.CopyTo(fresh);
        fresh[Process].Fill((byte)' ');
        _ = Utf8Formatter.TryFormat(pid, fresh[Pid], out _);
        _ = Utf8Formatter.TryFormat(pgid, fresh[Pgid], out _);
        _ = Utf8Formatter.TryFormat(start, fresh[Start], out _);
        fresh[OwnsAt] = (byte)(owns ? '1' : '0');
        WriteSum(Sum(fresh, Process), fresh[ProcessSum]);
        fresh[Process].CopyTo(line[Process]);
        fresh[ProcessSum].CopyTo(line[ProcessSum]);
    }

    /// <summary>Stores the state: the one byte by which everything written before begins to count.</summary>
    internal static void Publish(Span<byte> line, byte state) => Volatile.Write(ref line[0], state);

    /// <summary>Reads a line that may hold anything.</summary>
    /// <returns>False when it is free, torn or malformed.</returns>
    internal static bool TryRead(ReadOnlySpan<byte> line, out SlotContent content)
    {
        content = default;
        if (
            line.Length != Length
            || line[0] is not (Prepared or Live or LiveDetached)
            || line[Length - 1] != (byte)'\n'
            || line[LifetimeAt] is not ((byte)'M' or (byte)'D')
            || line[KindAt] is not ((byte)' ' or (byte)'A')
            || !OperationId.TryParse(Encoding.ASCII.GetString(line[Operation]), out var operation)
            || !SumHolds(line, Reservation, ReservationSum)
            || !TryNumber(line[Epoch], out var epoch)
            || epoch > DateTimeOffset.MaxValue.ToUnixTimeMilliseconds()
            || !TryNames(line[Names], out var principal, out var program)
        )
        {
            return false;
        }

        var prepared = line[0] == Prepared;
        content = new SlotContent(operation, line[0])
        {
            Detached = prepared ? line[LifetimeAt] == (byte)'D' : line[0] == LiveDetached,
            Attached = line[KindAt] == (byte)'A',
            EpochMilliseconds = epoch,
            Principal = principal,
            Program = program,
        };
        if (prepared)
        {
            return true;
        }

        if (
            !SumHolds(line, Process, ProcessSum)
            || !TryNumber(line[Pid], out var pid)
            || !TryNumber(line[Pgid], out var pgid)
            || !TryNumber(line[Start], out var start)
            || line[OwnsAt] is not ((byte)'0' or (byte)'1')
            || pid is <= 1 or > int.MaxValue
            || pgid is < 1 or > int.MaxValue
        )
        {
            return false;
        }

        var owns = line[OwnsAt] == (byte)'1';
        content = content with { Pid = (int)pid, Pgid = (int)pgid, StartTime = start, OwnsGroup = owns };
        // Who leads a group has its number; a line that says otherwise was not written by us.
        return !owns || pid == pgid;
    }

    private static bool TryNames(ReadOnlySpan<byte> names, out string principal, out string program)
    {
        var space = names.IndexOf((byte)' ');
        program = "";
        return SlotText.TryDecode(names[..Math.Max(0, space)], out principal)
            && SlotText.TryDecode(names[(space + 1)..].TrimEnd((byte)' '), out program);
    }

    private static bool TryNumber(ReadOnlySpan<byte> column, out long value)
    {
        var digits = column.TrimEnd((byte)' ');
        return Utf8Parser.TryParse(digits, out value, out var used) && used == digits.Length && value >= 0 && digits[0] is not (byte)'+';
    }

    private static bool SumHolds(ReadOnlySpan<byte> line, Range covered, Range written)
    {
        Span<byte> expected = stackalloc byte[8];
        WriteSum(Sum(line, covered), expected);
        return expected.SequenceEqual(line[written]);
    }

    private static uint Sum(ReadOnlySpan<byte> line, Range covered) => Crc(Crc(uint.MaxValue, line[Operation]), line[covered]);

    private static uint Crc(uint crc, ReadOnlySpan<byte> data)
    {
        for (; data.Length >= sizeof(ulong); data = data[sizeof(ulong)..])
        {
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(data));
        }

        foreach (var value in data)
        {
            crc = BitOperations.Crc32C(crc, value);
        }

        return crc;
    }

    private static void WriteSum(uint sum, Span<byte> place) => _ = sum.TryFormat(place, out _, "x8", CultureInfo.InvariantCulture);
}

/// <summary>What one line says.</summary>
/// <param name="Operation">What started it.</param>
/// <param name="State">One of the states of <see cref="SlotLine"/>.</param>
internal readonly record struct SlotContent(OperationId Operation, byte State)
{
    internal bool IsPrepared => State == SlotLine.Prepared;

    /// <summary>0 while prepared, as the three below.</summary>
    internal int Pid { get; init; }

    internal int Pgid { get; init; }

    internal long StartTime { get; init; }

    internal bool OwnsGroup { get; init; }

    internal bool Detached { get; init; }

    /// <summary>It was there before, started by somebody else.</summary>
    internal bool Attached { get; init; }

    internal long EpochMilliseconds { get; init; }

    internal required string Principal { get; init; }

    internal required string Program { get; init; }
}
