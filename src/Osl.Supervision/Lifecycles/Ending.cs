using Osl.Operations;
using Osl.Operations.Processes;

namespace Osl.Supervision;

/// <summary>What came of ending somebody, and of ending who had left his group.</summary>
/// <param name="Result">What was done, also where somebody has survived; null where that is not known, or nothing was.</param>
/// <param name="Problem">Why somebody of it may be there; null when nobody is, who was gone before included.</param>
/// <param name="Escaped">Who had left the group, each with why he may be there; null where he is not.</param>
internal sealed record Ending(
    StopResult? Result,
    OperationError? Problem,
    IReadOnlyList<(ProcessRef Process, OperationError? Problem)> Escaped
)
{
    /// <summary>Of what has no group that could be left: a signal, or one process.</summary>
    internal static Ending Of(OperationError? error) => new(null, error?.IsGone() == true ? null : error, []);
}
