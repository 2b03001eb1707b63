using System.Text.Json.Serialization;

namespace Osl.Operations;

/// <summary>The shape of the operation is wrong. Nothing was looked up and nothing started.</summary>
/// <param name="Failures">What is wrong, a line each.</param>
public sealed record ValidationFailed(ValueList<string> Failures)
    : OperationError(string.Join(" ", Failures), "Correct the operation and send it again.")
{
    /// <summary>The same, of what was not written by who sends the operation: a file.</summary>
    /// <param name="failures">What is wrong, a line each.</param>
    /// <param name="remedy">What to do about it.</param>
    internal ValidationFailed(ValueList<string> failures, string remedy)
        : this(failures) => (Remedy, IsOfFile) = (remedy, true);

    /// <summary>Whether they are failures of a file: who has sent the operation did not write that.</summary>
    [JsonIgnore]
    public bool IsOfFile { get; }

    /// <inheritdoc/>
    public override string Code => "validation_failed";
}

/// <summary>A rule, or the absence of one, forbids it.</summary>
/// <param name="Rule">The id of the rule that decided.</param>
/// <param name="Because">Why the rule says so.</param>
/// <param name="WhatWouldAllow">What a person who may change the policy could do.</param>
public sealed record Denied(string Rule, string Because, string WhatWouldAllow)
    : OperationError($"Denied by rule '{Rule}': {Because}", WhatWouldAllow)
{
    /// <inheritdoc/>
    public override string Code => "denied";
}

/// <summary>The policy wants somebody's approval, and none was given.</summary>
/// <param name="Rule">The rule that asks for it.</param>
/// <param name="Because">Why there is no approval: no approver, refused, expired.</param>
public sealed record ApprovalRequired(string Rule, string Because)
    : OperationError(
        $"Rule '{Rule}' requires an approval: {Because}",
        "Ask somebody who may approve it, through a host that has an approver."
    )
{
    /// <inheritdoc/>
    public override string Code => "approval_required";
}

/// <summary>This platform, machine or version can't do it. Never answered with less than was asked for.</summary>
/// <param name="What">What was asked for.</param>
/// <param name="WhatWouldHelp">What would make it possible.</param>
public sealed record Unsupported(string What, string WhatWouldHelp) : OperationError($"Not supported here: {What}.", WhatWouldHelp)
{
    /// <inheritdoc/>
    public override string Code => "unsupported";
}

/// <summary>The program, directory, process or group does not exist.</summary>
/// <param name="What">What was looked for, and where.</param>
/// <param name="Hint">What to check.</param>
public sealed record NotFound(string What, string Hint) : OperationError($"Not found: {What}.", Hint)
{
    /// <inheritdoc/>
    public override string Code => "not_found";

    /// <summary>What kind of thing is missing.</summary>
    public MissingThing Thing { get; init; }
}

/// <summary>What a <see cref="NotFound"/> speaks of.</summary>
public enum MissingThing
{
    /// <summary>A program.</summary>
    Program,

    /// <summary>A working directory or another file.</summary>
    Path,

    /// <summary>A process.</summary>
    Process,

    /// <summary>A process group.</summary>
    Group,

    /// <summary>An account, or a group of accounts.</summary>
    Account,
}

/// <summary>The number now belongs to another process or group than the one meant. Nothing was signalled.</summary>
/// <param name="What">What was meant.</param>
public sealed record StaleProcess(string What)
    : OperationError($"The process meant is gone: {What}.", "Look up what runs now (osl ps) and name that.")
{
    /// <inheritdoc/>
    public override string Code => "stale_process";
}

/// <summary>The operating system refused for want of a privilege (EPERM, EACCES).</summary>
/// <param name="What">What was refused.</param>
/// <param name="Needs">The permission or privilege that is missing.</param>
public sealed record PermissionRefused(string What, string Needs) : OperationError($"The system refused: {What}.", Needs)
{
    /// <inheritdoc/>
    public override string Code => "permission_refused";
}

/// <summary>The program could not be started.</summary>
/// <param name="What">Which program, and why.</param>
/// <param name="ErrorCode">errno or the Win32 code; 0 when the system gave none.</param>
/// <param name="ErrorName">Its symbolic name, such as ENOEXEC.</param>
/// <param name="WhatToDo">What to do.</param>
public sealed record SpawnFailed(string What, int ErrorCode, string ErrorName, string WhatToDo)
    : OperationError($"Could not start {What} ({ErrorName}).", WhatToDo)
{
    /// <inheritdoc/>
    public override string Code => "spawn_failed";
}

/// <summary>A limit that was asked for can't be enforced here.</summary>
/// <param name="Limit">Which limit.</param>
/// <param name="Because">Why not.</param>
public sealed record LimitUnavailable(string Limit, string Because)
    : OperationError($"The limit '{Limit}' can't be enforced: {Because}.", "Drop the limit, or run where it can be enforced (osl doctor).")
{
    /// <inheritdoc/>
    public override string Code => "limit_unavailable";
}

/// <summary>The time limit ran out; what was started has been ended.</summary>
/// <param name="Limit">The limit.</param>
/// <param name="Partial">What is known of the run: output so far, exit. Null when there is nothing.</param>
public sealed record TimedOut(TimeSpan Limit, ExecutionResult? Partial)
    : OperationError(
        $"The time limit of {Describe(Limit)} ran out and the program was ended.",
        "Allow more time, or find out what it waits for."
    )
{
    /// <inheritdoc/>
    public override string Code => "timed_out";

    private static string Describe(TimeSpan limit) =>
        limit.TotalSeconds < 1
            ? string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{limit.TotalMilliseconds:0.###} ms")
            : string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{limit.TotalSeconds:0.###} s");
}

/// <summary>Somebody is still alive after everything in the stop sequence was done.</summary>
/// <param name="Survivors">Who.</param>
/// <param name="Partial">What was achieved all the same. Null when there is nothing.</param>
/// <param name="Interrupted">Whether the caller cancelled before the sequence was through.</param>
public sealed record StopFailed(ValueList<Processes.ProcessRef> Survivors, ExecutionResult? Partial, bool Interrupted = false)
    : OperationError(
        $"{Survivors.Count} process(es) are still alive {(Interrupted ? "where the stop was interrupted" : "after the stop sequence")}: {string.Join(", ", Survivors.Select(s => s.Pid))}.",
        Interrupted
            ? "Stop them again, or leave them be."
            : "They ignore the signals sent or hang in the kernel; send KILL, or look at what they wait for."
    )
{
    /// <inheritdoc/>
    public override string Code => "stop_failed";
}

/// <summary>The journal can't be written, and starting without a record is not done.</summary>
/// <param name="Because">Why it can't be written.</param>
public sealed record AuditUnavailable(string Because)
    : OperationError(
        $"The audit journal can't be written: {Because}.",
        "Make room or repair the audit directory; what already runs can still be ended."
    )
{
    /// <inheritdoc/>
    public override string Code => "audit_unavailable";
}

/// <summary>A failure of a handler's own, with the handler's own code.</summary>
/// <param name="HandlerCode">A short stable name, given by the handler: <c>chmod_failed</c>.</param>
/// <param name="What">What happened and why: one sentence.</param>
/// <param name="WhatToDo">What to do: one sentence.</param>
public sealed record OperationFailed(string HandlerCode, string What, string WhatToDo) : OperationError(What, WhatToDo)
{
    /// <inheritdoc/>
    public override string Code => HandlerCode;
}
