namespace Osl.Interop.Linux;

internal static partial class Libc
{
    internal const int CapabilityVersion3 = 0x20080522;

    /// <summary>capget(2) of ourselves: the effective set, a bit a capability. 0, or the error number.</summary>
    internal static int CapgetEffective(out ulong effective) => Capget(out effective, out _);

    /// <summary>capget(2) of the calling thread: two of its sets, a bit a capability. 0, or the error number.</summary>
    internal static unsafe int Capget(out ulong effective, out ulong permitted)
    {
        // The header: version, pid. Two sets of three: effective, permitted, inheritable; the low 32 bits first.
        var header = stackalloc int[2] { CapabilityVersion3, 0 };
        var sets = stackalloc uint[6];
        var answer = Syscall(SyscallNumber.Capget, (nint)header, (nint)sets, 0, 0, 0, 0);
        effective = answer == 0 ? sets[0] | ((ulong)sets[3] << 32) : 0;
        permitted = answer == 0 ? sets[1] | ((ulong)sets[4] << 32) : 0;
        return answer == 0 ? 0 : LastError;
    }
}
