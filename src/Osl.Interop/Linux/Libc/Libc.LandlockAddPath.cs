namespace Osl.Interop.Linux;

internal static partial class Libc
{
    private const int LANDLOCK_RULE_PATH_BENEATH = 1;

    /// <summary>landlock_add_rule(2): grants rights to a file, or to a directory and all beneath it.</summary>
    /// <param name="ruleset">An open ruleset.</param>
    /// <param name="path">An open file or directory; O_PATH is enough.</param>
    /// <param name="rights">Which; for a file only those that files have.</param>
    /// <returns>The error number, or 0.</returns>
    internal static unsafe int LandlockAddPath(int ruleset, int path, ulong rights)
    {
        // struct landlock_path_beneath_attr is packed.
        var rule = stackalloc byte[12];
        *(ulong*)rule = rights;
        *(int*)(rule + 8) = path;
        return Syscall(SyscallNumber.LandlockAddRule, ruleset, LANDLOCK_RULE_PATH_BENEATH, (nint)rule, 0, 0, 0) == 0 ? 0 : LastError;
    }
}
