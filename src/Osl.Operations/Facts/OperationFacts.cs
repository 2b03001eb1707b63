using System.Text.Json.Serialization;

namespace Osl.Operations.Facts;

/// <summary>What prepare found out about an operation, for the policy to judge and the journal to keep.</summary>
public sealed record OperationFacts
{
    /// <summary>Nothing was to be found out.</summary>
    public static OperationFacts None { get; } = new();

    /// <summary>The program, where one is to be started.</summary>
    public ExecutableFacts? Executable { get; init; }

    /// <summary>The working directory, absolute, where a program is to be started.</summary>
    public string? WorkingDirectory { get; init; }

    /// <summary>
    /// The real path of the working directory: of the open directory, links followed. Null when prepare did not look; a rule that
    /// speaks of working directories then allows nothing.
    /// </summary>
    public string? RealWorkingDirectory { get; init; }

    /// <summary>The names of the variables the child would get, sorted; empty where nothing is started.</summary>
    public ValueList<string> EnvironmentNames { get; init; }

    /// <summary>The account the child would run as, looked up; null when it runs as the host's own.</summary>
    public RunAsFacts? RunAs { get; init; }

    /// <summary>What the child's sandbox would let it reach, looked up; null when it has none.</summary>
    public SandboxFacts? Sandbox { get; init; }

    /// <summary>Whom it is about: the process or group that is signalled, inspected or joined.</summary>
    public TargetFacts? Target { get; init; }

    /// <summary>Files a custom operation touches, or the output of what is started goes to, by canonical path.</summary>
    public ValueList<string> Paths { get; init; }

    /// <summary>
    /// Whether it does more than the host's own account may do to itself: another user, raised limits, foreign or privileged
    /// targets. Such an intent is synced to disk before anything happens (adr/0010-elevation.md).
    /// </summary>
    public bool RequiresElevation { get; init; }

    /// <summary>Why it requires elevation; null when it does not.</summary>
    public string? ElevationReason { get; init; }
}

/// <summary>The program that was resolved and opened.</summary>
/// <param name="Requested">As the operation names it.</param>
/// <param name="Path">Where it was found: absolute, symbolic links not followed.</param>
/// <param name="CanonicalPath">The real path of the open file.</param>
/// <param name="Device">Device of the open file (stat(2)).</param>
/// <param name="Inode">Inode of the open file.</param>
/// <param name="OwnerUid">Who owns it; -1 where there are no uids.</param>
/// <param name="Mode">Its permission bits, set-uid and set-gid included.</param>
/// <param name="Interpreter">
/// The interpreter of its first line (execve(2)), for a script; <see cref="OtherFormat"/> for what only binfmt_misc could run; null for
/// a binary of this machine, which is run by its open file.
/// </param>
public sealed record ExecutableFacts(
    string Requested,
    string Path,
    string CanonicalPath,
    long Device,
    long Inode,
    long OwnerUid,
    int Mode,
    string? Interpreter
)
{
    /// <summary>What stands for the interpreter of a file that is neither a script nor a binary of this machine.</summary>
    public const string OtherFormat = "binfmt_misc";

    /// <summary>
    /// SHA-256 of the open file, in lower-case hexadecimal; null when it was not taken. Prepare takes it where
    /// <see cref="Policies.IPolicy.WantsDigest"/> says so.
    /// </summary>
    public string? Sha256 { get; init; }

    /// <summary>
    /// Whether nobody but root and the host's own account could have put something else at <see cref="CanonicalPath"/>
    /// (knowledge/trusted-paths.md); null when prepare did not look, which counts as no. It looks where that can decide: at scripts, and where
    /// a digest is taken.
    /// </summary>
    public bool? IsTrusted { get; init; }
}

/// <summary>An account or a group of accounts.</summary>
/// <param name="Name">Its name; the number as a text where it has none.</param>
/// <param name="Id">Its uid or gid.</param>
public sealed record AccountFacts(string Name, long Id);

/// <summary>Whom a child would run as.</summary>
/// <param name="User">The account.</param>
public sealed record RunAsFacts(AccountFacts User)
{
    /// <summary>The groups that were asked for and that the account is not a member of.</summary>
    public ValueList<AccountFacts> ForeignGroups { get; init; }
}

/// <summary>The paths that a sandbox grants: of the open files and directories, links followed.</summary>
public sealed record SandboxFacts
{
    /// <summary>Whether files are limited to the paths below; else everything but Osl's own can be reached.</summary>
    public bool LimitsFiles { get; init; }

    /// <summary>What it may read.</summary>
    public ValueList<string> ReadPaths { get; init; }

    /// <summary>What it may write.</summary>
    public ValueList<string> WritePaths { get; init; }

    /// <summary>What it may execute, and read.</summary>
    public ValueList<string> ExecutePaths { get; init; }
}

/// <summary>Whose a target is, from the point of view of the principal who asks.</summary>
[JsonConverter(typeof(SnakeCaseEnumConverter<TargetRelation>))]
public enum TargetRelation
{
    /// <summary>Osl knows nothing of it, or it runs as another user.</summary>
    Foreign,

    /// <summary>Started through Osl, for another principal.</summary>
    OtherPrincipal,

    /// <summary>Started through Osl for this principal.</summary>
    Own,

    /// <summary>Not started by Osl; taken into its care by an operation.</summary>
    Attached,
}

/// <summary>Whom an operation is about.</summary>
/// <param name="Id">The pid or the pgid.</param>
/// <param name="IsGroup">Whether it is a group.</param>
/// <param name="Relation">Whose it is.</param>
/// <param name="Members">How many processes that is now.</param>
public sealed record TargetFacts(int Id, bool IsGroup, TargetRelation Relation, int Members)
{
    /// <summary>Who started it through Osl; null when nobody did.</summary>
    public string? Principal { get; init; }

    /// <summary>The operation that started it; null when none did.</summary>
    public OperationId? StartedBy { get; init; }

    /// <summary>Uids of the members that are not the host's own.</summary>
    public ValueList<int> OtherUids { get; init; }
}
