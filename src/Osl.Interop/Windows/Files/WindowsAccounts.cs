using System.Collections.Frozen;
using System.Runtime.Versioning;
using System.Security.AccessControl;
using System.Security.Principal;

namespace Osl.Interop.Windows;

/// <summary>The accounts that trust speaks of (knowledge/trusted-paths.md), and what is private among them.</summary>
[SupportedOSPlatform("windows")]
internal static class WindowsAccounts
{
    private const string LocalSystem = "S-1-5-18";
    private const string Administrators = "S-1-5-32-544";
    private const string TrustedInstaller = "S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464";

    private static readonly Lazy<(string User, string Owner)> LazyCurrent = new(static () =>
    {
        using var identity = WindowsIdentity.GetCurrent();
        var user = identity.User?.Value ?? throw new InvalidOperationException("the token of this process names no user");
        return (user, identity.Owner?.Value ?? user);
    });

    private static readonly Lazy<FrozenSet<string>> LazyTrusted = new(static () =>
        FrozenSet.Create(StringComparer.Ordinal, LocalSystem, Administrators, TrustedInstaller, User)
    );

    private static readonly Lazy<byte[]> LazyPrivateFile = new(static () => Private("FA", inherit: ""));

    private static readonly Lazy<byte[]> LazyPrivateDirectory = new(static () => Private("FA", inherit: "OICI"));

    private static readonly Lazy<byte[]> LazyPrivateObject = new(static () => Private("GA", inherit: ""));

    /// <summary>The account this process runs as: a SID as text.</summary>
    internal static string User => LazyCurrent.Value.User;

    /// <summary>Who can put nothing in our way that they could not anyway: ourselves, SYSTEM, Administrators, TrustedInstaller.</summary>
    internal static IReadOnlySet<string> Trusted => LazyTrusted.Value;

    /// <summary>The security descriptor of a file for ourselves, Administrators and SYSTEM; nothing is inherited.</summary>
    internal static byte[] PrivateFile => LazyPrivateFile.Value;

    /// <summary>The same for a directory and all that is made in it.</summary>
    internal static byte[] PrivateDirectory => LazyPrivateDirectory.Value;

    /// <summary>The same for what is no file: a job, a pipe.</summary>
    internal static byte[] PrivateObject => LazyPrivateObject.Value;

    /// <summary>Whether it is what this process makes: its user's, or its token's owner's (Administrators, when it is elevated).</summary>
    internal static bool IsOurs(string owner) =>
        string.Equals(owner, User, StringComparison.Ordinal) || string.Equals(owner, LazyCurrent.Value.Owner, StringComparison.Ordinal);

    /// <summary>Whether an open file or directory is ours, and nobody beyond the trusted may so much as read it.</summary>
    internal static bool IsOursAlone(FileAccessList list) => IsOurs(list.Owner) && list.OtherWith(rights: null, Trusted) is null;

    /// <summary>The name of an account for people; the SID where it has none.</summary>
    internal static string NameOf(string account)
    {
        try
        {
            return account.Length == 0 ? "nobody" : new SecurityIdentifier(account).Translate(typeof(NTAccount)).Value;
        }
        catch (Exception e) when (e is IdentityNotMappedException or SystemException)
        {
            // An account of a machine that is gone, or of a domain that can't be asked now.
            return account;
        }
    }

    private static byte[] Private(string rights, string inherit)
    {
        var descriptor = new RawSecurityDescriptor(
            $"O:{User}D:P(A;{inherit};{rights};;;{User})(A;{inherit};{rights};;;{LocalSystem})(A;{inherit};{rights};;;{Administrators})"
        );
        var bytes = new byte[descriptor.BinaryLength];
        descriptor.GetBinaryForm(bytes, 0);
        return bytes;
    }
}
