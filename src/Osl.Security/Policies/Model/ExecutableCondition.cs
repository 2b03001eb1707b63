using Osl.Operations;

namespace Osl.Security.Policies;

/// <summary>
/// Which program. What is compared is the real path, links followed, and beside it the name it was asked for by: programs such as
/// busybox do what their name says.
/// </summary>
/// <remarks>
/// A permitting rule without <see cref="Names"/> holds for a program that is called by its own name only. A denying rule casts the
/// wider net: it looks at the path where the program was found, at the real path, and at the last names of all of them.
/// </remarks>
public sealed record ExecutableCondition
{
    /// <summary>Any program by any name.</summary>
    public static ExecutableCondition Anything { get; } = new() { Any = true };

    /// <summary>Whether any program is meant; then nothing else is set.</summary>
    public bool Any { get; init; }

    /// <summary>Real paths, absolute; one of them.</summary>
    public ValueList<string> Paths { get; init; }

    /// <summary>Directories, absolute; somewhere below one of them.</summary>
    public ValueList<string> Under { get; init; }

    /// <summary>Names without a directory; asked for by one of them.</summary>
    public ValueList<string> Names { get; init; }

    /// <summary>SHA-256 of the file, 64 hexadecimal digits in lower case. Counts on a trusted path only.</summary>
    public string? Sha256 { get; init; }
}
