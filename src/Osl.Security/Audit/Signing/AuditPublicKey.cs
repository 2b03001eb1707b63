using System.Security.Cryptography;
using System.Text;

namespace Osl.Security.Audit;

/// <summary>The public half of a key that signs checkpoints: ECDSA over P-256 (FIPS 186-5). To be kept where the log is not.</summary>
public sealed class AuditPublicKey
{
    /// <summary>DER of a P-256 SubjectPublicKeyInfo up to the point, which follows uncompressed (RFC 5480).</summary>
    private static ReadOnlySpan<byte> Prefix =>
        [0x30, 0x59, 0x30, 0x13, 6, 7, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 2, 1, 6, 8, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 3, 1, 7, 3, 0x42, 0, 4];

    /// <summary>How long the DER of such a key is: 91 bytes.</summary>
    internal const int Size = 91;

    private readonly byte[] _info;

    private AuditPublicKey(byte[] info)
    {
        _info = info;
        Fingerprint = Convert.ToHexStringLower(SHA256.HashData(info));
    }

    /// <summary>SHA-256 of the key's SubjectPublicKeyInfo (DER): 64 hexadecimal digits.</summary>
    public string Fingerprint { get; }

    /// <summary>The key as DER (SubjectPublicKeyInfo).</summary>
    internal ReadOnlySpan<byte> Info => _info;

    /// <summary>Reads a key as <see cref="ToPem"/> writes it, and as <c>openssl ec -pubout</c> does.</summary>
    /// <param name="pem">The text.</param>
    /// <returns>Null when it is no P-256 public key.</returns>
    public static AuditPublicKey? FromPem(string pem)
    {
        ArgumentNullException.ThrowIfNull(pem);
        try
        {
            using var key = ECDsa.Create();
            // Only a public key: who hands us the private one has made a mistake that should not pass for success.
            if (!PemEncoding.TryFind(pem, out var fields) || !pem.AsSpan()[fields.Label].SequenceEqual("PUBLIC KEY"))
            {
                return null;
            }

            key.ImportFromPem(pem);
            return TryRead(key.ExportSubjectPublicKeyInfo());
        }
        catch (Exception failure) when (failure is CryptographicException or ArgumentException)
        {
            return null;
        }
    }

    /// <summary>The key as PEM.</summary>
    public string ToPem() => PemEncoding.WriteString("PUBLIC KEY", _info) + "\n";

    /// <summary>Writes it, as PEM, to a new file that all may read: whole and on disk, or not at all.</summary>
    /// <param name="path">The file; its directory has to be there.</param>
    /// <exception cref="IOException">Something of that name is there, which is never replaced; or it can't be written.</exception>
    /// <exception cref="UnauthorizedAccessException">This account may not.</exception>
    public void Save(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var storage = JournalStorage.ForThisPlatform;
        var bytes = Encoding.ASCII.GetBytes(ToPem());
        JournalStorage.Keep(storage, Path.GetFullPath(path), file => storage.Write(file, bytes, 0), isPublic: true);
    }

    /// <summary>Its fingerprint.</summary>
    public override string ToString() => Fingerprint;

    /// <summary>The public half of a pair.</summary>
    internal static AuditPublicKey Of(ECDsa key) =>
        TryRead(key.ExportSubjectPublicKeyInfo()) ?? throw new CryptographicException("the key is not one of ECDSA over P-256");

    /// <summary>Takes over DER; null when it is not exactly a P-256 key whose point is on the curve.</summary>
    internal static AuditPublicKey? TryRead(ReadOnlySpan<byte> info)
    {
        if (info.Length != Size || !info.StartsWith(Prefix))
        {
            return null;
        }

        try
        {
            using var key = ECDsa.Create();
            key.ImportSubjectPublicKeyInfo(info, out _);
            return new AuditPublicKey(info.ToArray());
        }
        catch (CryptographicException)
        {
            return null;
        }
    }

    /// <summary>Whether the signature (DER, as ANSI X9.62) is this key's over SHA-256 of the data.</summary>
    internal bool Verifies(ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature)
    {
        using var key = ECDsa.Create();
        key.ImportSubjectPublicKeyInfo(_info, out _);
        return key.VerifyData(data, signature, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);
    }
}
