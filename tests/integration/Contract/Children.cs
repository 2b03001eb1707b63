using Osl.Operations;
using Osl.Operations.Processes;

namespace Osl.Tests.Integration.Contract;

/// <summary>
/// What a mode offers to be started: each a small program that does one thing, without waiting for a time. Who "says ready" writes
/// that line to its output when everything it is about is there; who "waits" does so for ten minutes, or until it is ended. Lines end
/// with a line feed everywhere.
/// </summary>
/// <param name="scratch">A directory of the test's own.</param>
public abstract class Children(string scratch)
{
    protected string Scratch { get; } = scratch;

    /// <summary>Where the programs of a machine are looked for.</summary>
    public abstract ValueList<string> SearchPath { get; }

    /// <summary>A directory that every machine has, by its real path.</summary>
    public abstract string Elsewhere { get; }

    /// <summary>An absolute path where no program is.</summary>
    public abstract string MissingProgram { get; }

    /// <summary>A variable that every process inherits and no program needs.</summary>
    public abstract string Home { get; }

    /// <summary>A process of the system's own that must never be a target.</summary>
    public abstract int SystemProcess { get; }

    /// <summary>A number that no process can have.</summary>
    public abstract int Nobody { get; }

    /// <summary>The group that the process of the tests is in, or the number that stands for it.</summary>
    public abstract int OwnGroup { get; }

    /// <summary>How many processes a large group has.</summary>
    public abstract int Hundreds { get; }

    /// <summary>What starting says when the arguments are more than the system takes.</summary>
    public abstract string TooManyArguments { get; }

    /// <summary>Long enough for a child to have begun; short, since a test waits for it.</summary>
    public abstract TimeSpan Moment { get; }

    /// <summary>What it is that this version can't do yet, each in a spawn of its own.</summary>
    public abstract IReadOnlyList<SpawnProcessOperation> NotYet();

    /// <summary>Ends at once with 0.</summary>
    public Child Nothing => Exit(0);

    /// <summary>Ends at once.</summary>
    public abstract Child Exit(int code);

    /// <summary>Ends itself by a signal.</summary>
    public abstract Child EndBySignal(string name);

    /// <summary>Prints one line to its output, then one to its errors.</summary>
    public abstract Child Say(string output, string error);

    /// <summary>Prints each of its arguments, then the value of a variable if one is named; '|' after each.</summary>
    public abstract Child PrintArguments(IEnumerable<Argument> arguments, string? variable = null);

    /// <summary>Prints so many bytes.</summary>
    public abstract Child Print(int bytes);

    /// <summary>Copies its input to its output until that ends, then prints a line, if one is given.</summary>
    public abstract Child Copy(string? end = null);

    /// <summary>For each name a line: its value, or "none".</summary>
    public abstract Child PrintVariables(params string[] names);

    /// <summary>Its whole environment, a line each.</summary>
    public abstract Child PrintEnvironment();

    /// <summary>A variable's value, once by itself and once by a child of it.</summary>
    public abstract Child PrintVariableTwice(string name);

    /// <summary>Its working directory, by its real path.</summary>
    public abstract Child PrintDirectory();

    /// <summary>Makes an empty file.</summary>
    public abstract Child Touch(string file);

    /// <summary>Says ready and waits.</summary>
    public abstract Child Wait();

    /// <summary>The exit code of who waits, when its minutes are over and nobody has ended it.</summary>
    public abstract int WaitedOut { get; }

    /// <summary>Says a line, ignores every polite request to end, and waits.</summary>
    public abstract Child Stubborn(string line = "ready");

    /// <summary>Says ready and waits for the end of its input; ends with a code of its own when it is asked politely.</summary>
    public abstract Child Polite(int code);

    /// <summary>Says ready with so many children in its group, all of which wait as it does itself.</summary>
    public abstract Child Parent(int children);

    /// <summary>The same, and ends once it has said so.</summary>
    public abstract Child DeadParent(int children);

    /// <summary>Says ready as the leader of three levels of processes: one, two below it, two below each of those.</summary>
    public abstract Child Tree();

    /// <summary>Writes its own pid and its child's to a file, says ready at a doorbell, and waits.</summary>
    public abstract Child Ring(Doorbell bell, string file);

    /// <summary>Starts one that waits and holds its output, prints the pid of that, and ends.</summary>
    public abstract Child LeaveBehind();

    /// <summary>Starts one that leaves the group and waits; ends when that is so.</summary>
    public abstract Child Escape();

    /// <summary>Prints its priority class and its processors' mask.</summary>
    public abstract Child Scheduling();

    /// <summary>What it prints: how it begins when nothing was asked for, and with nice value 10 on the first processor alone.</summary>
    public abstract (string Plain, string Lower) Scheduled { get; }

    /// <summary>Takes so much memory, prints "taken" and ends with 0; ends otherwise when it is not given so much.</summary>
    public abstract Child Take(int megabytes);

    /// <summary>By which a child says something when its output is captured.</summary>
    public abstract Doorbell Bell();

    /// <summary>A program that ends with 0, in a file of the test's own.</summary>
    /// <param name="path">Without an ending.</param>
    /// <returns>The name of the file, without its directory.</returns>
    public abstract Task<string> WriteProgramAsync(string path);

    /// <summary>Started past Osl: a process that waits, in no group of ours.</summary>
    public abstract System.Diagnostics.Process StartForeign();

    /// <summary>For a pid that a child has written: neither gone nor a zombie that init has yet to collect.</summary>
    public abstract bool IsAlive(int pid);

    /// <summary>The environment's lines without what the system itself puts there.</summary>
    public abstract IEnumerable<string> WithoutTheSystems(IEnumerable<string> variables);

    /// <summary>Fails unless that is how a process ends which was sent this signal and did not handle it.</summary>
    public abstract void AssertEndedBy(Signal signal, ExitStatus? status);

    /// <summary>How often something is tried that costs a process each time: as often, or less where processes are expensive.</summary>
    public abstract int Rounds(int wanted);
}

/// <summary>A named pipe that the system knows by its path.</summary>
/// <param name="path">What a child opens for writing.</param>
public abstract class Doorbell(string path) : IDisposable
{
    public string Path { get; } = path;

    /// <summary>The first line that somebody writes.</summary>
    public abstract Task<string?> ReadLineAsync(CancellationToken cancellationToken);

    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    protected abstract void Dispose(bool disposing);
}
