using System.Runtime.InteropServices;

namespace Osl.Interop.Linux;

internal static partial class Libc
{
    /// <summary>landlock_create_ruleset(2): an open ruleset, close-on-exec; negative for an error.</summary>
    /// <param name="attributes">What it handles. Kernels that know fewer members take a longer structure if the rest is 0.</param>
    internal static unsafe int LandlockCreateRuleset(in LandlockRulesetAttributes attributes)
    {
        fixed (LandlockRulesetAttributes* start = &attributes)
        {
            return (int)Syscall(SyscallNumber.LandlockCreateRuleset, (nint)start, sizeof(LandlockRulesetAttributes), 0, 0, 0, 0);
        }
    }

    /// <summary>struct landlock_ruleset_attr: what is refused unless a rule grants it.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct LandlockRulesetAttributes
    {
        internal ulong Files;
        internal ulong Network;
        internal ulong Scoped;
    }
}
