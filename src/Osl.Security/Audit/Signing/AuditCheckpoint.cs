using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Osl.Security.Audit;

/// <summary>
/// A signed statement of what a journal was: its records up to a size by their root, and everything else in its files up to a place
/// by a chain of hashes. A signed note as C2SP writes them, with extension lines of our own (knowledge/journal-format.md).
/// </summary>
/// <remarks>There is one text for each statement: what does not read as it would be written is no checkpoint.</remarks>
public sealed class AuditCheckpoint
{
    /// <summary>No checkpoint is longer, in bytes.</summary>
    internal const int MaxLength = 1024;

    private const string Origin = "osl-audit/";
    private const int KeyHintSize = 4;

    private byte[] _signature = [];

    private AuditCheckpoint() { }

    /// <summary>The log's random name: 32 hexadecimal digits.</summary>
    public string LogId { get; private init; } = "";

    /// <summary>How many records it covers.</summary>
    public long Records { get; private init; }

    /// <summary>The root of the tree over them: 64 hexadecimal digits.</summary>
    public string Root { get; private init; } = "";

    /// <summary>When it was signed, by the signer's clock.</summary>
    public DateTimeOffset Time => JournalFormat.Time(Microseconds);

    /// <summary>The segment whose frames it covers up to <see cref="Offset"/>, and all segments before that.</summary>
    public long Segment { get; private init; }

    /// <summary>Where its own frame begins.</summary>
    public long Offset { get; private init; }

    /// <summary>The fingerprint of the key that signed it.</summary>
    public string KeyFingerprint { get; private init; } = "";

    /// <summary>The key that signs from here on; null when that stays as it is.</summary>
    public AuditPublicKey? NextKey { get; private init; }

    internal long Microseconds { get; private init; }

    internal byte[] RootBytes { get; private init; } = [];

    internal byte[] Chain { get; private init; } = [];

    /// <summary>The whole text, as it is to be kept elsewhere.</summary>
    public override string ToString() => Statement() + $"\n\u2014 {Origin}{LogId} {Convert.ToBase64String(_signature)}\n";

    /// <summary>Reads the text of one.</summary>
    /// <param name="text">As <see cref="ToString"/> gives it.</param>
    /// <returns>Null for anything else. Whether the signature is right has not been looked at.</returns>
    public static AuditCheckpoint? TryParse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (text.Length > MaxLength)
        {
            return null;
        }

        var lines = text.Split('\n');
        var signed = lines.Length > 2 ? lines[^2].Split(' ') : [];
        var place = lines.Length > 4 ? lines[4].Split(' ') : [];
        if (lines.Length is < 10 or > 11 || signed.Length != 3 || place.Length != 3 || lines[0].Length != Origin.Length + 32)
        {
            return null;
        }

        var next = lines.Length == 11 ? AuditPublicKey.TryRead(Base64(After(lines[7], "next "))) : null;
        var signature = Base64(signed[2]);
        var root = Base64(lines[2]);
        var chain = Hex(After(lines[5], "chain "));
        if (
            (lines.Length == 11 && next is null)
            || signature.Length <= KeyHintSize
            || root.Length != JournalFormat.HashSize
            || chain.Length != JournalFormat.HashSize
            || Hex(After(lines[6], "key ")).Length != JournalFormat.HashSize
            || !Number(lines[1], out var records)
            || !Number(After(lines[3], "time "), out var time)
            || !Number(place[1], out var segment)
            || !Number(place[2], out var offset)
        )
        {
            return null;
        }

        var checkpoint = new AuditCheckpoint
        {
            LogId = lines[0][Origin.Length..],
            Records = records,
            Root = Convert.ToHexStringLower(root),
            RootBytes = root,
            Microseconds = time,
            Segment = segment,
            Offset = offset,
            Chain = chain,
            KeyFingerprint = lines[6][4..],
            NextKey = next,
            _signature = signature,
        };
        // Compared as a whole: leading zeros, other spaces, a second spelling of anything would make two texts of one statement.
        return Hex(checkpoint.LogId).Length == 16 && string.Equals(checkpoint.ToString(), text, StringComparison.Ordinal)
            ? checkpoint
            : null;
    }

    /// <summary>The same from bytes, which have to be UTF-8.</summary>
    internal static AuditCheckpoint? TryParse(ReadOnlySpan<byte> utf8)
    {
        if (utf8.Length > MaxLength)
        {
            return null;
        }

        var text = Encoding.UTF8.GetString(utf8);
        // Ill-formed bytes have become U+FFFD, and then the bytes are not those of the text.
        return TryParse(text) is { } checkpoint && Encoding.UTF8.GetBytes(text).AsSpan().SequenceEqual(utf8) ? checkpoint : null;
    }

    /// <summary>Signs what stands at a place of a log.</summary>
    /// <param name="at">What is signed.</param>
    /// <param name="time">When: microseconds since 1970, UTC.</param>
    /// <param name="key">The key that has signed up to here.</param>
    /// <param name="next">The key that is to sign from here on; null to leave it as it is.</param>
    internal static AuditCheckpoint Sign(LogPlace at, long time, ECDsa key, AuditPublicKey? next)
    {
        var root = new byte[JournalFormat.HashSize];
        at.Tree.Root(root);
        var signer = AuditPublicKey.Of(key).Fingerprint;
        var checkpoint = new AuditCheckpoint
        {
            LogId = JournalFormat.LogName(at.LogId),
            Records = at.Tree.Size,
            Root = Convert.ToHexStringLower(root),
            RootBytes = root,
            Microseconds = Math.Max(0, time),
            Segment = at.Segment,
            Offset = at.Offset,
            Chain = at.Chain.ToArray(),
            KeyFingerprint = signer,
            NextKey = next,
        };
        var signature = key.SignData(
            Encoding.UTF8.GetBytes(checkpoint.Statement()),
            HashAlgorithmName.SHA256,
            DSASignatureFormat.Rfc3279DerSequence
        );
        checkpoint._signature = [.. Convert.FromHexString(signer.AsSpan(0, 2 * KeyHintSize)), .. signature];
        return checkpoint;
    }

    /// <summary>Whether it was signed with this key.</summary>
    internal bool IsSignedBy(AuditPublicKey key) =>
        string.Equals(key.Fingerprint, KeyFingerprint, StringComparison.Ordinal)
        && KeyFingerprint.StartsWith(Convert.ToHexStringLower(_signature.AsSpan(0, KeyHintSize)), StringComparison.Ordinal)
        && key.Verifies(Encoding.UTF8.GetBytes(Statement()), _signature.AsSpan(KeyHintSize));

    private string Statement()
    {
        var next = NextKey is null ? "" : $"next {Convert.ToBase64String(NextKey.Info)}\n";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{Origin}{LogId}\n{Records}\n{Convert.ToBase64String(RootBytes)}\ntime {Microseconds}\nplace {Segment} {Offset}\nchain {Convert.ToHexStringLower(Chain)}\nkey {KeyFingerprint}\n{next}"
        );
    }

    private static string After(string line, string prefix) =>
        line.StartsWith(prefix, StringComparison.Ordinal) ? line[prefix.Length..] : "";

    private static bool Number(string text, out long number) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);

    private static byte[] Base64(string text)
    {
        var bytes = new byte[text.Length];
        return Convert.TryFromBase64String(text, bytes, out var count) ? bytes[..count] : [];
    }

    private static byte[] Hex(string text)
    {
        var bytes = new byte[text.Length / 2];
        // Lower case only, as it is written.
        return
            !text.AsSpan().ContainsAnyInRange('A', 'F')
            && Convert.FromHexString(text, bytes, out _, out var count) == System.Buffers.OperationStatus.Done
            ? bytes[..count]
            : [];
    }
}
