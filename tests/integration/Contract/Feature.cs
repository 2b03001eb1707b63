namespace Osl.Tests.Integration.Contract;

/// <summary>What not every mode has. A mode without one says why (adr/0018-one-suite.md).</summary>
public enum Feature
{
    /// <summary>A process can be ended by a signal, which its exit status names.</summary>
    EndBySignal,

    /// <summary>A process can leave its group without anybody's leave (setsid(2)).</summary>
    LeavingTheGroup,

    /// <summary>Processes belong to sessions (getsid(2)), and a session has a leader.</summary>
    Sessions,

    /// <summary>A file is made a program by its mode bits.</summary>
    ModeBits,

    /// <summary>The kernel starts scripts by their first line (execve(2)).</summary>
    Scripts,

    /// <summary>A group is a job object, with a name.</summary>
    Jobs,

    /// <summary>A program can be started with a priority and on chosen processors.</summary>
    Priority,

    /// <summary>What a process has used is still known when it has ended.</summary>
    Accounting,

    /// <summary>Limits of memory and of processes hold.</summary>
    Limits,
}

/// <summary>Why a mode lacks a feature.</summary>
/// <param name="Reason">One sentence; it stands in the table.</param>
/// <param name="OnlyHere">
/// True when the platform has it and this machine can't show it (Wine): such a test holds on the real platform only.
/// </param>
public sealed record Lack(string Reason, bool OnlyHere = false)
{
    /// <summary>Begins the reason of a test that is skipped for want of the real platform.</summary>
    public const string RealWindows = "real Windows only: ";

    /// <summary>Begins the reason of a test that has no meaning in a mode.</summary>
    public const string NoMeaning = "not here: ";

    /// <summary>As the report of a run has it.</summary>
    public override string ToString() => (OnlyHere ? RealWindows : NoMeaning) + Reason;
}
