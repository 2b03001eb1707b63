using Osl.Operations;
using Osl.Operations.Processes;

namespace Osl.Supervision.Groups;

/// <summary>A group was ended, and its end confirmed.</summary>
/// <param name="ProcessesAffected">How many processes were seen alive before the first signal; of a group all, not the members only.</param>
/// <param name="Ended">How many were seen to end, those included that were born meanwhile.</param>
/// <param name="Forced">How many were still alive when SIGKILL was sent.</param>
/// <param name="Escaped">Who had left the process group (setsid(2)) and is still alive.</param>
public sealed record GroupStop(int ProcessesAffected, int Ended, int Forced, ValueList<ProcessRef> Escaped)
{
    /// <summary>Nobody was there.</summary>
    internal static GroupStop Nothing { get; } = new(0, 0, 0, []);

    /// <summary>
    /// One answer of several: who survived anywhere, else the first other failure, else the sums. Who was gone before is ended, as was
    /// wanted.
    /// </summary>
    internal static OneOf<GroupStop, OperationError> Sum(IReadOnlyList<OneOf<StopResult, OperationError>> answers)
    {
        var sum = Nothing;
        var survivors = new List<ProcessRef>();
        OperationError? first = null;
        var interrupted = false;
        foreach (var answer in answers)
        {
            if (answer.TryPickT0(out var stopped, out var error))
            {
                sum = new GroupStop(
                    sum.ProcessesAffected + stopped.ProcessesAffected,
                    sum.Ended + stopped.Ended,
                    sum.Forced + stopped.Forced,
                    sum.Escaped.AddRange(stopped.Escaped)
                );
            }
            else if (error is StopFailed failed)
            {
                survivors.AddRange(failed.Survivors);
                interrupted |= failed.Interrupted;
            }
            else if (!error.IsGone())
            {
                first ??= error;
            }
        }

        return survivors.Count > 0
                ? new StopFailed(survivors.Distinct().ToValueList(), null, interrupted) { Effect = OperationEffect.Happened }
            : first is not null ? first
            : sum;
    }
}
