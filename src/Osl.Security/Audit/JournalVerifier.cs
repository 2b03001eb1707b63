using System.Globalization;
using Osl.Operations;

namespace Osl.Security.Audit;

/// <summary>What a verification amounts to.</summary>
public enum JournalVerdict
{
    /// <summary>There are no segments.</summary>
    Empty,

    /// <summary>Every record, root and header is consistent with all the others. Without a checkpoint kept elsewhere: no more than that.</summary>
    Clean,

    /// <summary>Clean but for the end: a writer was cut short. The next one will cut off what is there and say so.</summary>
    TornTail,

    /// <summary>Not what was written: see the findings.</summary>
    Damaged,
}

/// <summary>What a verification found.</summary>
/// <param name="Verdict">What it amounts to.</param>
/// <param name="LogId">The log's random name, 32 hexadecimal digits; null when no header could be read.</param>
/// <param name="Records">How many records there are.</param>
/// <param name="Segments">How many segments there are.</param>
/// <param name="Root">The root of the tree over all records: 64 hexadecimal digits.</param>
/// <param name="Findings">Problems and notes, in the order of the log; the first 1,000.</param>
public sealed record JournalVerification(
    JournalVerdict Verdict,
    string? LogId,
    long Records,
    long Segments,
    string Root,
    ValueList<JournalFinding> Findings
);

/// <summary>
/// Recomputes a journal from its bytes: every leaf, every root, the frontier in every segment's header, every index and checksum,
/// and that nothing stands where nothing should. Takes no lock; may run while the journal is written.
/// </summary>
/// <remarks>
/// What it can't see, because nothing in the directory shows it: a rewrite of everything from some record on by somebody who can
/// write the directory, or a return to an earlier state of it. See knowledge/journal-format.md.
/// </remarks>
public static class JournalVerifier
{
    /// <summary>Verifies the journal in a directory.</summary>
    /// <param name="directory">Where the journal is.</param>
    /// <returns>The findings; a directory that does not exist or holds no segment is <see cref="JournalVerdict.Empty"/>.</returns>
    /// <exception cref="UnauthorizedAccessException">The directory may not be listed.</exception>
    public static JournalVerification Verify(string directory)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        return Verify(Path.GetFullPath(directory), JournalStorage.ForThisPlatform);
    }

    /// <summary>
    /// Damage that is seen while segments are being added may be a frame read half-way whose writer has since gone on to the next
    /// segment: looked at again, it is whole. Damage that stays is damage.
    /// </summary>
    internal static JournalVerification Verify(string directory, IJournalStorage storage) =>
        Verify(directory, storage, options: null).Journal;

    /// <summary>The same, with what the checkpoints prove.</summary>
    internal static (JournalVerification Journal, VerifiedLog Log) Verify(
        string directory,
        IJournalStorage storage,
        AuditVerifyOptions? options
    )
    {
        const int Attempts = 5;
        for (var attempt = 1; ; attempt++)
        {
            var before = Segments(directory, storage);
            var log = new VerifiedLog(options);
            var verification = VerifyOnce(directory, storage, log);
            if (
                verification.Verdict != JournalVerdict.Damaged
                || attempt == Attempts
                || before.AsSpan().SequenceEqual(Segments(directory, storage))
            )
            {
                return (verification, log);
            }
        }
    }

    private static long[] Segments(string directory, IJournalStorage storage) =>
        Directory.Exists(directory) ? [.. SegmentFile.Numbers(storage, directory)] : [];

    private static JournalVerification VerifyOnce(string directory, IJournalStorage storage, VerifiedLog log)
    {
        var numbers = Directory.Exists(directory) ? SegmentFile.Numbers(storage, directory) : [];
        var expected = 0L;
        while (numbers.Length > 0)
        {
            foreach (var number in numbers)
            {
                if (number != expected)
                {
                    log.Report(
                        JournalFindingKind.MissingSegment,
                        expected,
                        0,
                        string.Create(CultureInfo.InvariantCulture, $"segments {expected} to {number - 1} are missing")
                    );
                    log.LoseTree();
                }

                SegmentVerifier.Verify(storage, directory, number, log);
                expected = number + 1;
            }

            // A segment may have been opened while the one before it was read.
            numbers = [.. SegmentFile.Numbers(storage, directory).Where(number => number >= expected)];
        }

        return log.Conclude();
    }
}
