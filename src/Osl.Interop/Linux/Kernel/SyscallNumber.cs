using System.Runtime.InteropServices;

namespace Osl.Interop.Linux;

/// <summary>Numbers of system calls (syscalls(2)). Those from 424 on are the same on every architecture.</summary>
internal static class SyscallNumber
{
    internal const int PidfdSendSignal = 424;
    internal const int PidfdOpen = 434;
    internal const int Faccessat2 = 439;
    internal const int LandlockCreateRuleset = 444;

    private static readonly bool IsArm64 = RuntimeInformation.ProcessArchitecture == Architecture.Arm64;

    internal static int Waitid => IsArm64 ? 95 : 247;

    internal static int Statx => IsArm64 ? 291 : 332;

    internal static int Capget => IsArm64 ? 90 : 125;

    internal static int Seccomp => IsArm64 ? 277 : 317;

    internal static int Getdents64 => IsArm64 ? 61 : 217;

    /// <summary>Whether the numbers above are known to be this machine's.</summary>
    internal static bool IsKnownArchitecture => RuntimeInformation.ProcessArchitecture is Architecture.X64 or Architecture.Arm64;
}
