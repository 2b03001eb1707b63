using System.Buffers;
using System.Text;

namespace Osl.Executors.Linux;

/// <summary>
/// Path, directory, argv and envp in one rented, pinned block: the tables of pointers first, the bytes behind them.
/// </summary>
internal unsafe ref struct NativeStrings
{
    private readonly byte[] _block;
    private readonly byte* _start;
    private int _at;

    private NativeStrings(byte[] block, byte* start, int at)
    {
        _block = block;
        _start = start;
        _at = at;
    }

    internal static int SizeOf(LaunchPlan plan, in LaunchPaths paths) =>
        Size(paths.Program)
        + Size(paths.Directory)
        + Size(paths.OpenProgram)
        + Sizes(plan.Arguments)
        + Sizes(plan.Environment)
        + ((plan.Arguments.Count + plan.Environment.Count + 2) * sizeof(byte*));

    internal static byte[] Rent(LaunchPlan plan, in LaunchPaths paths) => ArrayPool<byte>.Shared.Rent(SizeOf(plan, paths));

    /// <summary>Arguments and environment may hold secrets: nothing of them stays in the pool.</summary>
    internal static void Return(byte[] block) => ArrayPool<byte>.Shared.Return(block, clearArray: true);

    /// <summary>Begins to fill a pinned block; room for both tables is set aside.</summary>
    internal static NativeStrings Over(byte[] block, byte* start, LaunchPlan plan) =>
        new(block, start, (plan.Arguments.Count + plan.Environment.Count + 2) * sizeof(byte*));

    internal byte* Add(string text)
    {
        var address = _start + _at;
        _at += Encoding.UTF8.GetBytes(text, _block.AsSpan(_at));
        _block[_at++] = 0;
        return address;
    }

    /// <summary>Fills a table that begins at a slot, and ends it with a null pointer.</summary>
    internal byte** AddTable(IReadOnlyList<string> texts, int firstSlot)
    {
        var table = (byte**)_start + firstSlot;
        var count = texts.Count;
        for (var i = 0; i < count; i++)
        {
            table[i] = Add(texts[i]);
        }

        table[count] = null;
        return table;
    }

    /// <summary>Whether a text would reach the child cut off at a NUL.</summary>
    internal static bool HoldsNul(LaunchPlan plan) =>
        plan.WorkingDirectory.Contains('\0', StringComparison.Ordinal) || HoldsNul(plan.Arguments) || HoldsNul(plan.Environment);

    private static bool HoldsNul(IReadOnlyList<string> texts)
    {
        for (var i = 0; i < texts.Count; i++)
        {
            if (texts[i].Contains('\0', StringComparison.Ordinal))
            {
                return true;
            }
        }

        return false;
    }

    private static int Sizes(IReadOnlyList<string> texts)
    {
        var sum = 0;
        for (var i = 0; i < texts.Count; i++)
        {
            sum = checked(sum + Size(texts[i]));
        }

        return sum;
    }

    private static int Size(string text) => Encoding.UTF8.GetByteCount(text) + 1;
}
