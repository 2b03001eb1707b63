using System.Security.Cryptography;
using Osl.Operations;
using Osl.Security.Audit;
using Xunit;

namespace Osl.Tests.Unit.Audit;

/// <summary>Logs that are whole in themselves and lead to the pinned key, or come from one that it took over from.</summary>
public sealed class ForeignLogTests : SigningFixture
{
    [Fact]
    public async Task A_foreign_log_that_names_the_pinned_key_last_proves_nothing()
    {
        var victim = InitKey();
        await Fill(20, Signed);
        using var own = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        Put(Forged().Write(own, victim));

        var proof = Prove(victim);
        Assert.Equal((AuditVerdict.WrongKey, 0L), (proof.Verdict, proof.Proven));
        Assert.Equal(victim.Fingerprint, proof.LastCheckpoint!.NextKey!.Fingerprint);
        Assert.Equal(AuditVerdict.Tampered, Prove(checkpoint: Sink.Kept[^1]).Verdict);
        AskSecond((victim, null), (victim, Sink.Kept[^1]), (null, Sink.Kept[^1]), (null, null));
    }

    [Fact]
    public async Task What_an_old_key_that_was_left_behind_signs_is_not_proven_by_the_newest()
    {
        var first = InitKey();
        await Fill(8, Signed);
        using var left = ECDsa.Create();
        left.ImportFromPem(File.ReadAllText(Path.Combine(KeyDir, "0.key")));
        var newest = AuditKeys.Rotate(KeyDir).OrThrow();
        await Fill(8, Signed, "s");
        var kept = Sink.Kept[^1];
        Assert.Equal(newest.Fingerprint, kept.KeyFingerprint);
        Assert.All([first, newest], key => Assert.Equal((AuditVerdict.Clean, 16L), (Prove(key).Verdict, Prove(key).Proven)));

        var forger = Forged();
        foreach (var named in new[] { null, newest })
        {
            Put(forger.Write(left, named));
            // Whoever holds a private key can write what its public half alone vouches for.
            Assert.Equal(AuditVerdict.Clean, Prove(first).Verdict);
            Assert.Equal((AuditVerdict.WrongKey, 0L), (Prove(newest).Verdict, Prove(newest).Proven));
            Assert.Equal(AuditVerdict.Tampered, Prove(checkpoint: kept).Verdict);
            Assert.Equal(AuditVerdict.Tampered, Prove(first, kept).Verdict);
            AskSecond((first, null), (newest, null), (null, kept), (first, kept));
        }
    }

    [Fact]
    public async Task A_key_that_takes_over_signs_at_once_even_if_no_record_follows()
    {
        var first = InitKey();
        await using (var journal = Open(Signed with { Signing = Signing with { EveryRecords = 1 } }))
        {
            await Append(journal, "a");
        }

        var newest = AuditKeys.Rotate(KeyDir).OrThrow();
        Assert.Equal(AuditVerdict.WrongKey, Prove(newest).Verdict);
        await Fill(1, Signed, "b");

        Assert.All([first, newest], key => Assert.Equal((AuditVerdict.Clean, 2L), (Prove(key).Verdict, Prove(key).Proven)));
        Assert.Equal(newest.Fingerprint, Prove().LastCheckpoint!.KeyFingerprint);
        Assert.Equal(newest.Fingerprint, Sink.Kept[^1].KeyFingerprint);
        AskSecond((first, null), (newest, null), (null, Sink.Kept[^1]));
    }

    /// <summary>The log as it stands, with one record changed.</summary>
    private Forger Forged()
    {
        var forger = Forger.Read(
            Directory.GetFiles(Dir, "*.osl").ToDictionary(file => JournalFormat.SegmentNumber(Path.GetFileName(file)), File.ReadAllBytes)
        );
        var items = forger.Parts[forger.Records.First()].Items;
        items[0] = [.. items[0].Reverse()];
        return forger;
    }

    private void Put(Dictionary<long, byte[]> log)
    {
        foreach (var file in Directory.GetFiles(Dir))
        {
            File.Delete(file);
        }

        foreach (var (number, bytes) in log)
        {
            File.WriteAllBytes(Segment(number), bytes);
        }
    }

    /// <summary>The second verifier says the same, where there is a Python.</summary>
    private void AskSecond(params (AuditPublicKey?, AuditCheckpoint?)[] pins)
    {
        using var second = new SecondVerifier(Root);
        foreach (var (key, checkpoint) in pins)
        {
            Assert.Equal(second.Ask(Dir, key, checkpoint) ?? $"{Prove(key, checkpoint).Verdict}", $"{Prove(key, checkpoint).Verdict}");
        }
    }
}
