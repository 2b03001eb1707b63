using Osl.Interop.Linux;
using Osl.Operations;

namespace Osl.Executors.Linux;

/// <summary>What the host may do: its capabilities (capabilities(7)), not its uid; root of a container may lack most of them.</summary>
internal sealed class HostPrivileges
{
    private readonly ulong _effective;

    private HostPrivileges(ulong effective, ulong permitted)
    {
        _effective = effective;
        Permitted = permitted;
    }

    internal const int SetGid = 6;
    internal const int SetUid = 7;
    internal const int SetPcap = 8;
    internal const int SysModule = 16;
    internal const int SysRawIo = 17;
    internal const int SysPtrace = 19;
    internal const int SysAdmin = 21;
    internal const int SysNice = 23;
    internal const int SysResource = 24;
    internal const int PerfMon = 38;
    internal const int Bpf = 39;
    internal const int CheckpointRestore = 40;

    /// <summary>
    /// What nobody keeps in a sandbox: with these, root sees through it. CAP_PERFMON and CAP_SYS_ADMIN, for one, are enough to read the
    /// environment of any process, whatever Landlock says (knowledge/sandbox.md).
    /// </summary>
    internal const ulong TakenBySandbox =
        1UL << SysModule | 1UL << SysRawIo | 1UL << SysPtrace | 1UL << SysAdmin | 1UL << PerfMon | 1UL << Bpf | 1UL << CheckpointRestore;

    /// <summary>What it could hand on.</summary>
    internal ulong Permitted { get; }

    /// <summary>Whether exec gains the host nothing, hence no child either.</summary>
    internal bool NoNewPrivileges { get; } = Libc.Prctl(Libc.PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1;

    /// <summary>As they are now, on the calling thread. Nothing, where they can't be read.</summary>
    internal static HostPrivileges Read() =>
        Libc.Capget(out var effective, out var permitted) == 0 ? new HostPrivileges(effective, permitted) : new HostPrivileges(0, 0);

    internal bool Has(int capability) => (_effective >> capability & 1) != 0;

    /// <summary>Which capabilities could come back by an exec: the bounding set.</summary>
    internal static ulong Bounding()
    {
        ulong set = 0;
        for (var bit = 0; bit < 64; bit++)
        {
            var answer = Libc.Prctl(Libc.PR_CAPBSET_READ, (nuint)bit, 0, 0, 0);
            if (answer < 0)
            {
                break;
            }

            set |= (ulong)answer << bit;
        }

        return set;
    }

    /// <summary>That a capability is lacking.</summary>
    /// <param name="what">What it is needed for.</param>
    /// <param name="capability">Which.</param>
    internal static PermissionRefused Lacks(string what, int capability) =>
        new(
            $"{what}: the host lacks {CapabilityNames.Of(capability)}",
            $"Start the host as root, or give it {CapabilityNames.Of(capability)} (systemd: AmbientCapabilities=, docker: --cap-add); osl doctor shows what it has."
        );
}
