using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Osl.Operations;
using Osl.Operations.Processes;
using Xunit;

namespace Osl.Tests.Unit.Operations.Processes;

/// <summary>What the journal keeps of arguments that are too long for it, and what that proves.</summary>
public sealed class AbbreviationTests
{
    private static readonly string Long = "é" + new string('x', 6000);

    [Fact]
    public void An_argument_that_is_cut_keeps_its_length_and_digest()
    {
        var kept = Arguments("a", Long, "b");
        Assert.Equal(("a", "b"), (kept[0].GetString(), kept[2].GetString()));
        Assert.Equal(Long[..4096], kept[1].GetProperty("cut").GetString());
        AssertIs(kept[1], Encoding.UTF8.GetBytes(Long));
        // A byte more is another text.
        Assert.NotEqual(Sha(kept[1]), Sha(Arguments("a", Long + "x", "b")[1]), StringComparer.Ordinal);
    }

    [Fact]
    public void Arguments_that_find_no_room_are_counted_and_keep_their_length_and_digest()
    {
        var all = Enumerable.Range(0, 40).Select(i => $"{i}{new string('y', 4000)}").ToArray();
        var kept = Arguments(all);
        var rest = kept[^1];
        Assert.Equal(all.Length, kept.Count - 1 + rest.GetProperty("more").GetInt32());
        Assert.Equal(all[..(kept.Count - 1)], kept.SkipLast(1).Select(argument => argument.GetString()!), StringComparer.Ordinal);
        AssertIs(rest, [.. all[(kept.Count - 1)..].SelectMany(argument => (byte[])[.. Encoding.UTF8.GetBytes(argument), 0])]);
    }

    [Fact]
    public void What_is_short_enough_is_kept_as_it_is() =>
        Assert.Equal("[\"a\",\"" + new string('x', 4096) + "\"]", Written("a", new string('x', 4096)).GetRawText());

    [Theory]
    [InlineData("https://h/?token={0}&x=")]
    [InlineData("https://user:{0}@h/?x=")]
    [InlineData("{{\"password\":\"{0}\"}} ")]
    public void Nothing_that_is_masked_can_be_proven_by_the_digest(string shape)
    {
        var (one, other) = (Of("hunter2"), Of("correct-horse-battery"));
        var (first, second) = (Written(one), Written(other));
        // Of two that differ in the secret alone neither length nor digest tells one from the other.
        Assert.Equal(first.GetRawText(), second.GetRawText());
        Assert.True(first[0].TryGetProperty("cut", out _));
        Assert.DoesNotContain(
            Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(one))),
            first.GetRawText(),
            StringComparison.Ordinal
        );
        // Whoever holds the original masks it, and proves it.
        AssertIs(first[0], Encoding.UTF8.GetBytes(Redaction.MaskText(one)));

        string Of(string secret) => string.Format(System.Globalization.CultureInfo.InvariantCulture, shape, secret) + new string('z', 6000);
    }

    [Fact]
    public void Secrets_among_those_that_find_no_room_are_masked_first()
    {
        Argument[] With(string secret) =>
            [
                .. Enumerable.Range(0, 30).Select(i => (Argument)new string('y', 4000)),
                "--token",
                secret,
                Argument.Secret(secret + "2"),
                "end",
            ];
        var (one, other) = (Written(With("hunter2")), Written(With("correct-horse")));
        Assert.Equal(one.GetRawText(), other.GetRawText());
        Assert.True(one[one.GetArrayLength() - 1].GetProperty("more").GetInt32() > 4);
    }

    [Fact]
    public void What_is_cut_is_never_read_as_an_operation()
    {
        var written = OperationJson.Write(
            new SpawnProcessOperation("p").WithArguments([Long]),
            ProcessOperationKinds.Spawn,
            WrittenForm.Audit
        );
        Assert.True(OperationJson.Read(written, ProcessOperationKinds.All).IsT1);
        // The full form is whole.
        var full = OperationJson.Write(new SpawnProcessOperation("p").WithArguments([Long]), ProcessOperationKinds.Spawn, WrittenForm.Full);
        Assert.Equal(Long, ((SpawnProcessOperation)OperationJson.Read(full, ProcessOperationKinds.All).AsT0).Arguments[0].Value);
    }

    private static void AssertIs(JsonElement kept, byte[] whole)
    {
        Assert.Equal(whole.Length, kept.GetProperty("bytes").GetInt32());
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(whole)), Sha(kept));
    }

    private static string? Sha(JsonElement kept) => kept.GetProperty("sha256").GetString();

    private static List<JsonElement> Arguments(params string[] arguments) =>
        [.. Written([.. arguments.Select(argument => (Argument)argument)]).EnumerateArray()];

    private static JsonElement Written(params Argument[] arguments) =>
        OperationJson
            .WriteElement(
                new SpawnProcessOperation("/bin/p", ValueList.Create<Argument>(arguments)),
                ProcessOperationKinds.Spawn,
                WrittenForm.Audit
            )
            .GetProperty("operation")
            .GetProperty("arguments");
}
