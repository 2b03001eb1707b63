namespace Osl.Interop.Windows;

/// <summary>
/// Who owns a file, and whom its access control list allows what. Entries that deny are left out: what an entry allows counts even
/// where another takes it back, so the judgement errs to the strict side only.
/// </summary>
/// <param name="Owner">A SID as text; empty when there is none.</param>
/// <param name="Grants">Null when there is no list at all, which allows everybody everything.</param>
internal sealed record FileAccessList(string Owner, IReadOnlyList<AccessGrant>? Grants)
{
    /// <summary>The account that stands for all of them.</summary>
    internal const string Everyone = "S-1-1-0";

    /// <summary>OWNER RIGHTS: whoever owns it, and that is judged by itself.</summary>
    private const string OwnerRights = "S-1-3-4";

    /// <summary>The first account beyond the trusted ones that has one of these rights; null when nobody has.</summary>
    /// <param name="rights">Which rights; null for any right at all.</param>
    /// <param name="trusted">SIDs as text.</param>
    internal string? OtherWith(FileRights? rights, IReadOnlySet<string> trusted)
    {
        if (Grants is null)
        {
            return Everyone;
        }

        foreach (var grant in Grants)
        {
            if (
                !grant.InheritOnly
                && (rights is not { } wanted || (grant.Rights & wanted) != FileRights.None)
                && !trusted.Contains(grant.Account)
                && !string.Equals(grant.Account, OwnerRights, StringComparison.Ordinal)
            )
            {
                return grant.Account;
            }
        }

        return null;
    }
}
