using System.Runtime.CompilerServices;
using Osl.Operations;

namespace Osl.Security.Audit;

public sealed partial class AuditReader
{
    /// <summary>The records as they are written, from a place on, until it is cancelled. Looks again whenever it has come to the end.</summary>
    /// <param name="from">The index of the first record that is wanted.</param>
    /// <param name="every">How long to wait at the end before looking again.</param>
    /// <param name="clock">The clock of that.</param>
    /// <param name="cancellationToken">Ends it, with <see cref="OperationCanceledException"/>.</param>
    /// <returns>Records, and places that can't be read. An end that is being written is neither; it is waited for.</returns>
    public async IAsyncEnumerable<AuditEntry> FollowAsync(
        long from,
        TimeSpan every,
        TimeProvider clock,
        [EnumeratorCancellation] CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(clock);
        var position = new ReadPosition();
        var next = from;
        while (true)
        {
            foreach (var entry in Read(new AuditReadOptions { From = next, Position = position }))
            {
                if (entry.Problem?.Kind == JournalFindingKind.TornTail)
                {
                    break;
                }

                next = entry.Problem is null or { Kind: JournalFindingKind.RecordNotUnderstood } ? entry.Index + 1 : next;
                yield return entry;
            }

            await clock.DelayAsync(every, cancellationToken).ConfigureAwait(false);
        }
    }
}
