using System.Text.Json.Serialization;

namespace Osl.Operations;

/// <summary>
/// An expected failure: what happened, why, and what to do. The set of cases is closed: the sealed records of this file's folder.
/// </summary>
/// <remarks>
/// Why a value and why closed: adr/0004-errors-as-values.md. Messages name programs, paths and ids, never the value of an argument or of an environment variable.
/// </remarks>
public abstract record OperationError
{
    private protected OperationError(string message, string remedy)
    {
        Message = message;
        Remedy = remedy;
    }

    /// <summary>What happened and why: one sentence, with its full stop.</summary>
    public string Message { get; }

    /// <summary>What to do about it: one sentence.</summary>
    public string Remedy { get; private protected init; }

    /// <summary>The call that failed. Set by the pipeline.</summary>
    public OperationId OperationId { get; internal set; }

    /// <summary>Whether the same call may succeed later without any change.</summary>
    public bool Transient { get; init; }

    /// <summary>What the failed call has done to the system.</summary>
    public OperationEffect Effect { get; init; }

    /// <summary>False when the failure itself could not be written to the journal. Set by the pipeline.</summary>
    public bool OutcomeRecorded { get; internal set; } = true;

    /// <summary>The stable name of the case, as JSON and the journal show it: <c>not_found</c>, <c>denied</c>, ….</summary>
    [JsonIgnore]
    public abstract string Code { get; }

    /// <summary>Message and remedy.</summary>
    public sealed override string ToString() => $"{Code}: {Message} {Remedy}";
}
