using System.Runtime.InteropServices;

namespace Osl.Interop.Linux;

/// <summary>Numbers of system calls (syscalls(2)). Those from 424 on are the same on every architecture.</summary>
internal static class SyscallNumber
{
    internal const int PidfdSendSignal = 424;
    internal const int PidfdOpen = 434;
    internal const int Faccessat2 = 439;
    internal const int LandlockCreateRuleset = 444;
    internal const int LandlockAddRule = 445;
    internal const int LandlockRestrictSelf = 446;

    private static readonly bool IsArm64 = RuntimeInformation.ProcessArchitecture == Architecture.Arm64;

    internal static int Waitid => IsArm64 ? 95 : 247;

    internal static int Statx => IsArm64 ? 291 : 332;

    internal static int Capget => IsArm64 ? 90 : 125;

    internal static int Capset => IsArm64 ? 91 : 126;

    internal static int Seccomp => IsArm64 ? 277 : 317;

    internal static int Getdents64 => IsArm64 ? 61 : 217;

    internal static int Gettid => IsArm64 ? 178 : 186;

    internal static int Tgkill => IsArm64 ? 131 : 234;

    internal static int Write => IsArm64 ? 64 : 1;

    internal static int Close => IsArm64 ? 57 : 3;

    internal static int Fcntl => IsArm64 ? 25 : 72;

    internal static int Openat => IsArm64 ? 56 : 257;

    internal static int Execve => IsArm64 ? 221 : 59;

    internal static int Unshare => IsArm64 ? 97 : 272;

    internal static int Setns => IsArm64 ? 268 : 308;

    internal static int Mount => IsArm64 ? 40 : 165;

    internal static int Umask => IsArm64 ? 166 : 95;

    internal static int Setpriority => IsArm64 ? 140 : 141;

    internal static int Getpriority => IsArm64 ? 141 : 140;

    internal static int SchedSetaffinity => IsArm64 ? 122 : 203;

    internal static int SchedGetaffinity => IsArm64 ? 123 : 204;

    internal static int IoprioSet => IsArm64 ? 30 : 251;

    internal static int Prctl => IsArm64 ? 167 : 157;

    internal static int Prlimit64 => IsArm64 ? 261 : 302;

    internal static int Setgroups => IsArm64 ? 159 : 116;

    internal static int Setresgid => IsArm64 ? 149 : 119;

    internal static int Setresuid => IsArm64 ? 147 : 117;

    /// <summary>Whether the numbers above are known to be this machine's.</summary>
    internal static bool IsKnownArchitecture => RuntimeInformation.ProcessArchitecture is Architecture.X64 or Architecture.Arm64;
}
