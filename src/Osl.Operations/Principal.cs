namespace Osl.Operations;

/// <summary>
/// On whose behalf an operation is done. Osl does not authenticate: the host asserts it, and answers for it being true.
/// </summary>
/// <param name="Name">A stable name, compared exactly: <c>alice</c>, <c>agent-7</c>. Not empty, no control characters.</param>
public sealed record Principal(string Name)
{
    /// <summary>Roles that rules can name (<c>role:dev</c>).</summary>
    public ValueList<string> Roles { get; init; }

    /// <summary>The account that the host itself runs as; on Windows with its domain or machine: <c>HOME-PC\alice</c>.</summary>
    public static Principal Current { get; } = new(NameOfAccount());

    private static string NameOfAccount() =>
        Environment.UserName is not { Length: > 0 } name ? "unknown"
        : OperatingSystem.IsWindows() ? $@"{Environment.UserDomainName}\{name}"
        : name;

    /// <summary>The name and the roles.</summary>
    public override string ToString() => Roles.Count == 0 ? Name : $"{Name} ({string.Join(", ", Roles)})";
}
