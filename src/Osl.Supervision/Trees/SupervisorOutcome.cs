using Osl.Operations;

namespace Osl.Supervision.Trees;

/// <summary>Why a supervisor gave up.</summary>
/// <param name="Child">Which child was the last straw.</param>
/// <param name="Reason">Which bound was exceeded, or what can't be done: without a full stop.</param>
/// <param name="Error">How that child had ended; null when it had ended well.</param>
public sealed record SupervisorFailure(string Child, string Reason, Exception? Error)
{
    /// <summary>One sentence without its full stop.</summary>
    public override string ToString() => $"child '{Child}': {Reason}{(Error is null ? "" : $"; at last: {Error.Message}")}";
}

/// <summary>A process of a child that could not be ended.</summary>
/// <param name="Child">Whose.</param>
/// <param name="Process">Which.</param>
/// <param name="Problem">Why not.</param>
public sealed record CleanupFailure(string Child, ChildProcessInfo Process, OperationError Problem);

/// <summary>How the run of a supervisor has ended.</summary>
/// <param name="Failure">Why it gave up; null when it was asked to end.</param>
/// <param name="Abandoned">Children that did not end in time, by path.</param>
/// <param name="Survivors">Processes that could not be ended.</param>
public sealed record SupervisorOutcome(SupervisorFailure? Failure, IReadOnlyList<string> Abandoned, IReadOnlyList<CleanupFailure> Survivors)
{
    /// <summary>Children, by path, of whose start it is not known whether it has started a process (<see cref="StartUnknownException"/>).</summary>
    public IReadOnlyList<string> UnknownStarts { get; init; } = [];

    /// <summary>Whether it was asked to end, and nobody is left.</summary>
    public bool IsSuccess => Failure is null && Abandoned.Count == 0 && Survivors.Count == 0 && UnknownStarts.Count == 0;

    /// <summary>One sentence for people, without its full stop.</summary>
    public override string ToString()
    {
        var parts = new List<string>();
        if (Failure is not null)
        {
            parts.Add($"gave up on {Failure}");
        }

        if (Abandoned.Count > 0)
        {
            parts.Add($"did not end in time: {string.Join(", ", Abandoned)}");
        }

        if (Survivors.Count > 0)
        {
            parts.Add(
                $"could not be ended: {string.Join(", ", Survivors.Select(left => $"{left.Process} of {left.Child} ({left.Problem.Code})"))}"
            );
        }

        if (UnknownStarts.Count > 0)
        {
            parts.Add($"may have started a process that runs: {string.Join(", ", UnknownStarts)}");
        }

        return parts.Count == 0 ? "all children have ended" : string.Join("; ", parts);
    }

    /// <summary>For those who want an exception.</summary>
    /// <exception cref="SupervisorFailedException">It gave up, or somebody is left.</exception>
    public void EnsureSuccess()
    {
        if (!IsSuccess)
        {
            throw new SupervisorFailedException(this);
        }
    }
}

/// <summary>A supervisor gave up, or could not end somebody: <see cref="Outcome"/> says which.</summary>
/// <param name="outcome">How its run has ended.</param>
public sealed class SupervisorFailedException(SupervisorOutcome outcome) : Exception(outcome?.ToString(), outcome?.Failure?.Error)
{
    /// <summary>How its run has ended.</summary>
    public SupervisorOutcome Outcome { get; } = outcome ?? throw new ArgumentNullException(nameof(outcome));
}

/// <summary>One child as it stands.</summary>
/// <param name="Name">Its name.</param>
/// <param name="State">Where it stands.</param>
/// <param name="Starts">How often it was started.</param>
/// <param name="Processes">Its OS processes now.</param>
public sealed record ChildStatus(string Name, LifecycleState State, int Starts, IReadOnlyList<ChildProcessInfo> Processes);
