using System.Diagnostics;
using System.Globalization;

namespace Osl.Bench;

/// <summary>The C floor: compiled here, run as a process of its own, so that its figure holds nothing of ours.</summary>
internal sealed class Floor : IDisposable
{
    private readonly string _program = Path.Combine(Path.GetTempPath(), $"osl-floor-{Environment.ProcessId}");

    internal Floor()
    {
        using var compiler = Process.Start("gcc", ["-O2", "-pthread", "-o", _program, Path.Combine(AppContext.BaseDirectory, "floor.c")]);
        compiler.WaitForExit();
        if (compiler.ExitCode != 0)
        {
            throw new InvalidOperationException("gcc could not compile the floor.");
        }
    }

    /// <summary>Microseconds for each child.</summary>
    internal double Spawn(int count, int inFlight) => Run("spawn", count, inFlight);

    /// <summary>Itself, which <see cref="ExitBench"/> starts as the child that stamps its end.</summary>
    internal string Program => _program;

    /// <summary>The median of the microseconds from a child's stamp to the code that waited for it.</summary>
    internal double Exits(int count, string file) => Run(["exits", .. Numbers(count), file]);

    /// <summary>Microseconds for the whole tree.</summary>
    internal double KillTree(int count) => Run("killtree", count);

    /// <summary>Microseconds of CPU time to wait for so many children that end at once.</summary>
    internal double Notice(int count) => Run("notice", count);

    /// <summary>Microseconds for each record that is appended to a log under its lock.</summary>
    internal double Records(int count, int bytes, string file) => Run(["records", .. Numbers(count, bytes), file]);

    /// <summary>Microseconds for each record, in groups that are written at once and synced.</summary>
    internal double Sync(int groups, int records, int bytes, SyncFloor kind, string file) =>
        Run(["sync", .. Numbers(groups, records, bytes, (int)kind), file]);

    /// <summary>Microseconds from the start of a program to the end of its output, which is read by 64 KiB.</summary>
    internal double Read(long bytes, params string[] program) => Run(["read", bytes.ToString(CultureInfo.InvariantCulture), .. program]);

    /// <summary>The same, with each line found by memchr.</summary>
    internal double Lines(long lines, params string[] program) => Run(["lines", lines.ToString(CultureInfo.InvariantCulture), .. program]);

    public void Dispose() => File.Delete(_program);

    private double Run(string verb, params int[] numbers) => Run([verb, .. Numbers(numbers)]);

    private static IEnumerable<string> Numbers(params int[] numbers) =>
        numbers.Select(number => number.ToString(CultureInfo.InvariantCulture));

    private double Run(string[] arguments)
    {
        using var floor =
            Process.Start(new ProcessStartInfo(_program, arguments) { RedirectStandardOutput = true, UseShellExecute = false })
            ?? throw new InvalidOperationException("The floor did not start.");
        var output = floor.StandardOutput.ReadToEnd();
        floor.WaitForExit();
        return double.Parse(output, CultureInfo.InvariantCulture);
    }
}

/// <summary>How the floor writes what it syncs.</summary>
internal enum SyncFloor
{
    /// <summary>At the file's end.</summary>
    Appending,

    /// <summary>Into a file that is filled with zeros.</summary>
    Filled,

    /// <summary>Into zeros, for as many threads as there are records in a group, each of which waits for its own.</summary>
    FilledForWriters,
}
