using System.Runtime.InteropServices;
using Osl.Operations.Processes;

namespace Osl.Executors.Linux;

/// <summary>The system calls of each class (<see cref="SystemCallClasses"/>), by their numbers. Those of namespaces are judged by their flags.</summary>
internal static class RefusedCalls
{
    /// <summary>No such call on this architecture.</summary>
    private const int None = -1;

    private static readonly Dictionary<string, (int X64, int Arm64)[]> Numbers = new(StringComparer.Ordinal)
    {
        // bpf
        [SystemCallClasses.Bpf] = [(321, 280)],
        // settimeofday, clock_settime, clock_adjtime, adjtimex
        [SystemCallClasses.Clock] = [(164, 170), (227, 112), (305, 266), (159, 171)],
        // io_uring_setup, io_uring_enter, io_uring_register
        [SystemCallClasses.IoUring] = [(425, 425), (426, 426), (427, 427)],
        // kexec_load, kexec_file_load
        [SystemCallClasses.Kexec] = [(246, 104), (320, 294)],
        // add_key, request_key, keyctl
        [SystemCallClasses.Keyring] = [(248, 217), (249, 218), (250, 219)],
        // init_module, finit_module, delete_module
        [SystemCallClasses.Module] = [(175, 105), (313, 273), (176, 106)],
        // mount, umount2, pivot_root, chroot, open_tree, move_mount, fsopen, fsconfig, fsmount, fspick, mount_setattr, open_tree_attr,
        // swapon, swapoff, quotactl, quotactl_fd, acct
        [SystemCallClasses.Mount] =
        [
            (165, 40),
            (166, 39),
            (155, 41),
            (161, 51),
            (428, 428),
            (429, 429),
            (430, 430),
            (431, 431),
            (432, 432),
            (433, 433),
            (442, 442),
            (467, 467),
            (167, 224),
            (168, 225),
            (179, 60),
            (443, 443),
            (163, 89),
        ],
        // setns
        [SystemCallClasses.Namespace] = [(308, 268)],
        // perf_event_open
        [SystemCallClasses.Perf] = [(298, 241)],
        // ptrace, process_vm_readv, process_vm_writev, process_madvise, pidfd_getfd, kcmp
        [SystemCallClasses.Ptrace] = [(101, 117), (310, 270), (311, 271), (440, 440), (438, 438), (312, 272)],
        // iopl, ioperm
        [SystemCallClasses.RawIo] = [(172, None), (173, None)],
        // reboot
        [SystemCallClasses.Reboot] = [(169, 142)],
        // userfaultfd
        [SystemCallClasses.UserFault] = [(323, 282)],
    };

    /// <summary>pidfd_getfd, which takes a descriptor out of another process; a socket, say.</summary>
    internal const int PidfdGetfd = 438;

    internal static uint Clone => Choose(56, 220);

    internal static uint Clone3 => 435;

    internal static uint Unshare => Choose(272, 97);

    internal static uint Setns => Choose(308, 268);

    internal static uint Socket => Choose(41, 198);

    internal static uint Socketpair => Choose(53, 199);

    internal static uint Ioctl => Choose(16, 29);

    internal static uint Prlimit64 => Choose(302, 261);

    /// <summary>The numbers of a class on this architecture.</summary>
    internal static IEnumerable<uint> Of(string callClass) =>
        Numbers[callClass].Select(pair => IsArm64 ? pair.Arm64 : pair.X64).Where(number => number != None).Select(number => (uint)number);

    private static bool IsArm64 => RuntimeInformation.ProcessArchitecture == Architecture.Arm64;

    private static uint Choose(int x64, int arm64) => (uint)(IsArm64 ? arm64 : x64);
}
