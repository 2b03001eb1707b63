using System.Security.Cryptography;
using Osl.Operations;
using Osl.Security.Audit;
using Xunit;

namespace Osl.Tests.Unit.Audit;

/// <summary>Journals written anew, so that all in them agrees: by who has no key, another key, or an older copy.</summary>
public sealed class RewriteTests : MutationFixture
{
    private const int Rounds = 30;

    [Fact]
    public async Task A_rewrite_in_which_all_agrees_is_seen_by_theKept_checkpoint_and_by_theKey_before_the_last_one()
    {
        await MakeAsync();
        using var own = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var forger = Forger.Read(Log);
        Assert.Equal(AuditVerdict.Clean, Answer(forger.Write(), Key, Kept));
        foreach (var i in forger.Records.Where((_, n) => All || n % 3 == 0).ToArray())
        {
            foreach (var (what, change) in Changes(i))
            {
                var changed = Forger.Read(Log);
                change(changed.Parts);
                Try($"record frame {i} {what}, checkpoints as they were", changed.Write(), Not.Clean, Not.Clean, Not.SelfConsistent);
                Try(
                    $"{what} {i}, re-signed",
                    changed.Write(own),
                    Not.Clean,
                    Only(AuditVerdict.WrongKey),
                    Only(AuditVerdict.SelfConsistentOnly)
                );
                changed.Parts.RemoveAll(part => part.Header is null && part.Type != FrameType.Records);
                Try(
                    $"{what} {i}, stripped",
                    changed.Write(),
                    Not.Clean,
                    Only(AuditVerdict.UnsignedTail),
                    Only(AuditVerdict.SelfConsistentOnly)
                );
            }
        }

        Conclude(80);
    }

    [Fact]
    public async Task Times_and_checkpoints_that_are_changed_are_seen_by_the_chain()
    {
        await MakeAsync();
        using var own = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var count = Forger.Read(Log).Parts.Count;
        for (var i = 0; i < count; i++)
        {
            var forger = Forger.Read(Log);
            var isLast = i == count - 1;
            forger.Parts[i].Time++;
            var word = forger.Parts[i].Header is null ? "frame" : "header";
            Try($"time of {word} {i}", forger.Write(), Not.Clean, Not.Clean, Not.SelfConsistent);
            if (forger.Parts[i].Header is null && forger.Parts[i].Type != FrameType.Records)
            {
                var without = Forger.Read(Log);
                without.Parts.RemoveAt(i);
                Try($"checkpoint {i} taken out", without.Write(), Not.Clean, isLast ? null : Not.Clean, isLast ? null : Not.SelfConsistent);
            }
        }

        var all = Forger.Read(Log);
        Try("all signed with another key", all.Write(own), Not.Clean, Only(AuditVerdict.WrongKey), Only(AuditVerdict.SelfConsistentOnly));
        all.Parts.RemoveAll(part => part.Header is null && part.Type != FrameType.Records);
        Try("all stripped", all.Write(), Not.Clean, Only(AuditVerdict.UnsignedTail), Only(AuditVerdict.SelfConsistentOnly));
        Conclude(20);
    }

    [Fact]
    public async Task A_return_to_an_older_checkpoint_is_seen_by_a_newer_one_and_by_nothing_else()
    {
        InitAll();
        var states = new List<Dictionary<long, byte[]>>();
        for (var i = 0; i < 6; i++)
        {
            await Fill(5, Signed, $"{i}:");
            states.Add(ReadLog());
        }

        Log = states[^1];
        Kept = Sink.Kept[^1];
        for (var i = 0; i < states.Count - 1; i++)
        {
            Try($"state {i}", states[i], Only(AuditVerdict.RolledBack), Only(AuditVerdict.Clean), Only(AuditVerdict.SelfConsistentOnly));
        }

        // And the unsigned tail: what follows the last checkpoint can be rewritten, and is called unsigned before and after.
        Restore(Log);
        await Fill(3, Tiny, "unsigned");
        var forger = Forger.Read(ReadLog());
        var unsigned = Only(AuditVerdict.UnsignedTail);
        Try("an unsigned tail", ReadLog(), unsigned, unsigned, Only(AuditVerdict.SelfConsistentOnly));
        forger.Parts.RemoveAt(forger.Records.Last());
        Try("a record less in the unsigned tail", forger.Write(), unsigned, unsigned, Only(AuditVerdict.SelfConsistentOnly));
        Conclude(5);
    }

    [Fact]
    public async Task Nothing_that_writers_left_is_called_tampered()
    {
        InitAll();
        var storage = new FaultyStorage { Torn = 40 };
        for (var round = 0; round < Rounds; round++)
        {
            var countdown = 3 + (round * 2);
            // One call in each round fails, from then on all of them in every third one: as disks do, and kills.
            storage.Fails = _ => Interlocked.Decrement(ref countdown) is var left && (left == 0 || (left < 0 && round % 3 == 0));
            var opened = AuditJournal.Open(Dir, Signed with { Storage = storage });
            if (opened.TryPickT0(out var journal, out _))
            {
                for (var i = 0; i < 12; i++)
                {
                    await journal.AppendAsync(Record($"{round}:{i}"), (Osl.Operations.Auditing.AuditGuarantee)(i % 2));
                }

                await journal.DisposeAsync();
                Assert.False(journal.Signing!.IsRefused, journal.Signing.Problem);
            }

            Log = ReadLog();
            // All of them at the end; meanwhile the newest ones.
            foreach (var kept in Sink.Kept.TakeLast(round == Rounds - 1 ? int.MaxValue : 3))
            {
                Assert.Contains(Answer(Log, Key, kept), new[] { AuditVerdict.Clean, AuditVerdict.UnsignedTail, AuditVerdict.TornTail });
            }
        }

        await Fill(1, Signed, "last");
        Kept = Sink.Kept[^1];
        Log = ReadLog();
        Try("as it was left", Log, Only(AuditVerdict.Clean), Only(AuditVerdict.Clean), Only(AuditVerdict.SelfConsistentOnly));
        Conclude(1);
    }

    private static IEnumerable<(string, Action<List<Forger.Part>>)> Changes(int i)
    {
        yield return ("deleted", parts => parts.RemoveAt(i));
        yield return ("doubled", parts => parts.Insert(i, parts[i].Copy()));
        yield return ("changed", parts => parts[i].Items[0] = [.. parts[i].Items[0].Reverse()]);
        yield return ("with one more before it", parts => parts.Insert(i, new Forger.Part(FrameType.Records, 0, ["{}"u8.ToArray()])));
    }
}
