using Osl.Operations;

namespace Osl.Security.Policies;

/// <summary>The variables that a rule admits without naming them. On Windows, where it is called Path, in any case of letters.</summary>
public static class SafeVariables
{
    private static readonly string[] Asked = ["LANG", "TERM", "TZ"];

    private static readonly string[] Inherited = ["HOME", "USER", "LOGNAME", "PATH", OperationId.MarkerVariable];

    // What Windows programs can't start without; inherited only, like HOME.
    private static readonly string[] WindowsInherited =
    [
        "HOMEDRIVE",
        "HOMEPATH",
        "PATHEXT",
        "SYSTEMDRIVE",
        "SYSTEMROOT",
        "TEMP",
        "TMP",
        "USERNAME",
        "USERPROFILE",
        "WINDIR",
    ];

    /// <summary>
    /// Whether an inherited variable is admitted: HOME, USER, LOGNAME, LANG, LC_*, TERM, TZ, PATH (which then is the secure path), and
    /// the host's OSL_OPERATION.
    /// </summary>
    /// <param name="name">Its name.</param>
    public static bool IsSafeInherited(string name) =>
        IsSafeAsked(name)
        || Inherited.Contains(name, PathSegments.Comparer)
        || (OperatingSystem.IsWindows() && WindowsInherited.Contains(name, PathSegments.Comparer));

    /// <summary>
    /// Whether a variable that the operation sets itself is admitted: LANG, LC_*, TERM, TZ. Not HOME and PATH: who sets those chooses
    /// the configuration and the programs that a program uses.
    /// </summary>
    /// <param name="name">Its name.</param>
    public static bool IsSafeAsked(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return Asked.Contains(name, PathSegments.Comparer) || name.StartsWith("LC_", PathSegments.Comparison);
    }
}

/// <summary>Where bare program names are looked for.</summary>
public static class SecurePaths
{
    /// <summary>Where a policy does not say: the system's own directories.</summary>
    public static IReadOnlyList<string> Default { get; } =
        OperatingSystem.IsWindows()
            ? [Environment.SystemDirectory, Environment.GetFolderPath(Environment.SpecialFolder.Windows)]
            : ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];
}
