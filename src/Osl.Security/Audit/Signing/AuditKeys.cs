using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Osl.Operations;

namespace Osl.Security.Audit;

/// <summary>
/// The keys that sign a journal: a directory outside of it with <c>0.key</c>, <c>1.key</c>, … (PKCS #8 in PEM, mode 0600; the highest
/// number is the newest) and <c>signed</c>, what they signed last. One directory for one journal.
/// </summary>
/// <remarks>
/// The directory must be trusted as the journal's must (knowledge/trusted-paths.md). A file gets its name only when it is whole and
/// on disk and is never changed, so whoever dies in the middle leaves the keys as they were. A key whose successor the journal
/// names is removed: who takes the directory later can't sign what came before. adr/0028-keys-and-what-they-signed.md.
/// </remarks>
public sealed class AuditKeys
{
    private const string Suffix = ".key";
    private const int LongestFile = 16 * 1024;

    private const UnixFileMode OthersMay =
        UnixFileMode.GroupRead
        | UnixFileMode.GroupWrite
        | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead
        | UnixFileMode.OtherWrite
        | UnixFileMode.OtherExecute;

    private readonly IJournalStorage _storage;
    private readonly string _directory;

    private AuditKeys(IJournalStorage storage, string directory) => (_storage, _directory) = (storage, directory);

    /// <summary>Makes the directory (0700), if need be, and the first key.</summary>
    /// <param name="directory">Where.</param>
    /// <returns>The public key; refused where there is a key already.</returns>
    public static OneOf<AuditPublicKey, OperationError> Init(string directory) => Init(directory, JournalStorage.ForThisPlatform);

    /// <summary>Makes a key that takes over: the journal's next checkpoint names it, signed by the one before.</summary>
    /// <param name="directory">Where the keys are.</param>
    /// <returns>The new public key; refused where there is none to take over from.</returns>
    public static OneOf<AuditPublicKey, OperationError> Rotate(string directory) => Rotate(directory, JournalStorage.ForThisPlatform);

    /// <summary>The newest public key.</summary>
    /// <param name="directory">Where the keys are.</param>
    public static OneOf<AuditPublicKey, OperationError> Show(string directory) =>
        Guard(directory, JournalStorage.ForThisPlatform, make: false, keys => keys.Newest() is { } key ? Public(key) : keys.None());

    internal static OneOf<AuditPublicKey, OperationError> Init(string directory, IJournalStorage storage) =>
        Guard(
            directory,
            storage,
            make: true,
            keys =>
            {
                if (keys.Numbers().Length > 0)
                {
                    return Refused($"{keys._directory} holds a key already", "Rotate it, or name another directory.");
                }

                // First what says that nothing was signed yet: a key without it is refused.
                using (var state = SignedState.TryOpen(storage, keys._directory, write: false))
                {
                    if (state is null)
                    {
                        SignedState.Create(storage, keys._directory);
                    }
                }

                return keys.Make(0);
            }
        );

    internal static OneOf<AuditPublicKey, OperationError> Rotate(string directory, IJournalStorage storage) =>
        Guard(directory, storage, make: false, keys => keys.Numbers() is [.., var newest] ? keys.Make(newest + 1) : keys.None());

    /// <summary>Looks at the directory, as for signing.</summary>
    /// <returns>Why it is not used.</returns>
    internal static OneOf<AuditKeys, OperationError> Open(string directory, IJournalStorage storage)
    {
        var path = Path.TrimEndingDirectorySeparator(Path.GetFullPath(directory));
        if (!Directory.Exists(path))
        {
            return new AuditUnavailable($"there is no key directory {path}; make one (osl audit key init)");
        }

        return storage.Prepare(path) is { } refusal ? new AuditUnavailable(refusal) : new AuditKeys(storage, path);
    }

    /// <summary>Where they are: absolute.</summary>
    internal string Location => _directory;

    /// <summary>The number of the newest key; -1 when there is none.</summary>
    internal long NewestNumber => Numbers() is [.., var newest] ? newest : -1;

    /// <summary>Whether older keys are there besides the newest.</summary>
    internal bool HasOlder => Numbers() is [_, _, ..];

    internal SignedState? OpenState() => SignedState.TryOpen(_storage, _directory, write: true);

    /// <summary>The newest key; null when there is none. The caller disposes of it.</summary>
    internal ECDsa? Newest() => Numbers() is [.., var newest] ? Load(newest) : null;

    /// <summary>The private half of a key; null when it is not here.</summary>
    internal ECDsa? Find(AuditPublicKey key)
    {
        foreach (var number in Numbers())
        {
            var candidate = Load(number);
            if (string.Equals(AuditPublicKey.Of(candidate).Fingerprint, key.Fingerprint, StringComparison.Ordinal))
            {
                return candidate;
            }

            candidate.Dispose();
        }

        return null;
    }

    /// <summary>Removes all keys older than this one, for good. What can't be removed is tried again next time.</summary>
    internal void Forget(AuditPublicKey before)
    {
        var numbers = Numbers();
        var current = Array.FindLastIndex(
            numbers,
            number =>
            {
                using var key = Load(number);
                return string.Equals(AuditPublicKey.Of(key).Fingerprint, before.Fingerprint, StringComparison.Ordinal);
            }
        );
        foreach (var number in numbers.Take(Math.Max(0, current)))
        {
            _storage.Delete(PathOf(number));
        }

        if (current > 0)
        {
            _storage.SyncDirectory(_directory);
        }
    }

    private static OneOf<AuditPublicKey, OperationError> Guard(
        string directory,
        IJournalStorage storage,
        bool make,
        Func<AuditKeys, OneOf<AuditPublicKey, OperationError>> work
    )
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        var path = Path.TrimEndingDirectorySeparator(Path.GetFullPath(directory));
        if (!make && !Path.Exists(path))
        {
            // Not made by the way: a journal with a directory of keys beside it is one that has to be signed.
            return new AuditKeys(storage, path).None();
        }

        try
        {
            return storage.Prepare(path) is { } refusal
                ? Refused(refusal, "Choose a directory that only this account can change.")
                : work(new AuditKeys(storage, path));
        }
        catch (Exception failure) when (JournalStorage.IsFailure(failure) || failure is CryptographicException)
        {
            return Refused(failure.Message.TrimEnd('.'), "Repair the key directory.");
        }
    }

    private static OperationFailed Refused(string what, string remedy) => new("audit_key", what + ".", remedy);

    private static AuditPublicKey Public(ECDsa key)
    {
        using (key)
        {
            return AuditPublicKey.Of(key);
        }
    }

    private OperationFailed None() => Refused($"{_directory} holds no key", "Make one (osl audit key init).");

    private AuditPublicKey Make(long number)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var pem = Encoding.ASCII.GetBytes(key.ExportPkcs8PrivateKeyPem() + "\n");
        JournalStorage.Keep(_storage, PathOf(number), file => _storage.Write(file, pem, 0));
        return AuditPublicKey.Of(key);
    }

    private long[] Numbers() =>
        [
            .. _storage
                .List(_directory)
                .Where(name => name.EndsWith(Suffix, StringComparison.Ordinal))
                .Select(name => JournalFormat.SegmentNumber(name[..^Suffix.Length] + JournalFormat.SegmentSuffix))
                .Where(number => number >= 0)
                .Order(),
        ];

    private string PathOf(long number) => Path.Combine(_directory, number.ToString(CultureInfo.InvariantCulture) + Suffix);

    private ECDsa Load(long number)
    {
        using var file = _storage.Open(PathOf(number), write: false) ?? throw new IOException($"{PathOf(number)} is gone");
        if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(file) & OthersMay) != UnixFileMode.None)
        {
            throw new IOException($"{PathOf(number)} can be read by others; rotate the key, or take that from them (chmod 600)");
        }

        var bytes = new byte[LongestFile];
        var key = ECDsa.Create();
        try
        {
            key.ImportFromPem(Encoding.ASCII.GetString(bytes.AsSpan(0, _storage.Read(file, bytes, 0))));
            _ = AuditPublicKey.Of(key);
            return key;
        }
        catch (Exception failure) when (failure is CryptographicException or ArgumentException)
        {
            key.Dispose();
            throw new IOException($"{PathOf(number)} is no P-256 key", failure);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(bytes);
        }
    }
}
