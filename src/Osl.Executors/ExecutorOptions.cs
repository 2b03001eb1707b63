using Osl.Executors.Linux;

namespace Osl.Executors;

/// <summary>What an executor is given by its host.</summary>
internal sealed class ExecutorOptions
{
    /// <summary>For tests: as where there are no pidfds.</summary>
    public bool WithoutPidfds { get; init; }

    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>
    /// Where links lie by which programs that run by their open file keep their names; made with mode 0700. Null: their name, as ps(1)
    /// shows it, is a number (knowledge/judged-is-run.md).
    /// </summary>
    public string? NamesDirectory { get; init; }

    /// <summary>Files and directories that are Osl's own, absolute: policy, keys, journal, registry. No sandbox reaches them.</summary>
    public IReadOnlyList<string> OwnPlaces { get; init; } = [];

    /// <summary>For a host that stands between a shell and its one program; null for every other.</summary>
    public JobControl? JobControl { get; init; }

    /// <summary>
    /// For a host that stands where its program would: SIGHUP, SIGINT and SIGQUIT that it was started with as ignored stay so in what it starts, as
    /// nohup(1) and a shell's <c>&amp;</c> mean it. Else everything begins at its default.
    /// </summary>
    public bool PassesOnIgnoredSignals { get; init; }

    /// <summary>Orphans that become children of this program are reaped (adr/0050-orphans.md).</summary>
    public bool ReapsOrphans { get; init; }

    /// <summary>For tests, on Linux: launches that need no thread and no gate of their own have them all the same.</summary>
    public LaunchMode Mode { get; init; }

    /// <summary>For tests, on Linux: the one gate that may be used.</summary>
    public GateKind Gate { get; init; }
}
