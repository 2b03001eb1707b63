namespace Osl.Interop.Linux;

internal static partial class Libc
{
    private const int LANDLOCK_CREATE_RULESET_VERSION = 1;

    /// <summary>landlock_create_ruleset(2), asked for its ABI version and nothing else: 1 or more, or the negated error number.</summary>
    internal static int LandlockVersion()
    {
        var version = (int)Syscall(SyscallNumber.LandlockCreateRuleset, 0, 0, LANDLOCK_CREATE_RULESET_VERSION, 0, 0, 0);
        return version >= 0 ? version : -LastError;
    }
}
