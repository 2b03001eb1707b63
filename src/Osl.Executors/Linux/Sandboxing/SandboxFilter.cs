using System.Runtime.InteropServices;
using Osl.Interop.Linux;
using Osl.Operations.Processes;

namespace Osl.Executors.Linux;

/// <summary>
/// The filter of a sandbox on system calls (seccomp(2)); a child, and whoever it starts, can't shake it off.
/// </summary>
/// <remarks>
/// <para>
/// Always refused are calls of another architecture (a 32-bit program is killed; the numbers mean other calls there), the x32 ones, what every
/// sandbox refuses (<see cref="SystemCallClasses.AlwaysRefused"/>), typing into a terminal (ioctl_tty(2), TIOCSTI and TIOCLINUX), and limits of other processes
/// (prlimit(2)): with a limit of CPU time the child could end its host.
/// </para>
/// <para>
/// Without network nobody gets a socket: not by socket(2), of any family, since a unix socket leads to whoever passes things on; not by
/// io_uring, not out of another process. Pairs of streams among the child's own processes are left; pairs of datagrams could be
/// sent elsewhere. Keys go too: looking for one can make the system ask the network for it (request-key(8)).
/// </para>
/// <para>What a filter sees are numbers, never what a pointer leads to: clone3(2) answers ENOSYS, upon which libraries take clone(2).</para>
/// </remarks>
internal static class SandboxFilter
{
    private const uint X32Bit = 0x40000000;
    private const uint SimulateInput = 0x5412;
    private const uint ControlLinuxConsole = 0x541C;
    private const uint UnixFamily = 1;
    private const uint TypeMask = 0xF;
    private const uint Stream = 1;
    private const uint Packets = 5;

    /// <summary>CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET.</summary>
    private const uint NewNamespaces = 0x7E020000;

    /// <summary>CLONE_NEWTIME: to clone(2) the same bits are the signal at the end.</summary>
    private const uint NewTimeNamespace = 0x80;

    private static readonly uint Refused = CallFilter.Refuse(Errno.EPERM);
    private static readonly uint NoSocket = CallFilter.Refuse(Errno.EACCES);
    private static readonly uint NotThere = CallFilter.Refuse(Errno.ENOSYS);

    internal static CallFilter Of(SandboxConfig sandbox)
    {
        var filter = new CallFilter();
        filter.Load(CallFilter.Architecture);
        filter.UnlessEqual(CallFilter.OwnArchitecture, Libc.SECCOMP_RET_KILL_PROCESS);
        filter.Load(CallFilter.Number);
        if (RuntimeInformation.ProcessArchitecture == Architecture.X64)
        {
            filter.IfAtLeast(X32Bit, NotThere);
        }

        var classes = new SortedSet<string>(sandbox.RefusedSystemCalls.Concat(SystemCallClasses.AlwaysRefused), StringComparer.Ordinal);
        if (sandbox.NoNetwork)
        {
            classes.UnionWith([SystemCallClasses.IoUring, SystemCallClasses.Keyring]);
        }

        foreach (var number in classes.SelectMany(RefusedCalls.Of))
        {
            filter.IfEqual(number, Refused);
        }

        if (classes.Contains(SystemCallClasses.Namespace))
        {
            RefuseNamespaces(filter);
        }

        if (sandbox.NoNetwork)
        {
            RefuseSockets(filter);
        }

        RefuseTyping(filter);
        RefuseLimitsOfOthers(filter);
        filter.Return(CallFilter.Allow);
        return filter;
    }

    private static void RefuseNamespaces(CallFilter filter)
    {
        filter.IfEqual(RefusedCalls.Clone3, NotThere);
        filter.WhenEqual(RefusedCalls.Clone, clone => Judge(clone, NewNamespaces));
        filter.WhenEqual(RefusedCalls.Unshare, unshare => Judge(unshare, NewNamespaces | NewTimeNamespace));

        static void Judge(CallFilter call, uint flags)
        {
            call.Load(CallFilter.ArgumentAt(0));
            call.IfAnyBit(flags, Refused);
            call.Return(CallFilter.Allow);
        }
    }

    private static void RefuseSockets(CallFilter filter)
    {
        filter.IfEqual(RefusedCalls.Socket, NoSocket);
        filter.IfEqual(RefusedCalls.PidfdGetfd, Refused);
        filter.IfEqual(RefusedCalls.Setns, Refused);
        filter.WhenEqual(
            RefusedCalls.Socketpair,
            pair =>
            {
                pair.Load(CallFilter.ArgumentAt(0));
                pair.UnlessEqual(UnixFamily, NoSocket);
                pair.Load(CallFilter.ArgumentAt(1));
                pair.Mask(TypeMask);
                pair.IfEqual(Stream, CallFilter.Allow);
                pair.IfEqual(Packets, CallFilter.Allow);
                pair.Return(NoSocket);
            }
        );
    }

    private static void RefuseTyping(CallFilter filter) =>
        filter.WhenEqual(
            RefusedCalls.Ioctl,
            ioctl =>
            {
                // The kernel looks at the low half of the request only.
                ioctl.Load(CallFilter.ArgumentAt(1));
                ioctl.IfEqual(SimulateInput, Refused);
                ioctl.IfEqual(ControlLinuxConsole, Refused);
                ioctl.Return(CallFilter.Allow);
            }
        );

    private static void RefuseLimitsOfOthers(CallFilter filter) =>
        filter.WhenEqual(
            RefusedCalls.Prlimit64,
            limit =>
            {
                limit.Load(CallFilter.ArgumentAt(0));
                limit.IfEqual(0, CallFilter.Allow);
                // Only asked for where there is no new one.
                limit.Load(CallFilter.ArgumentAt(2));
                limit.UnlessEqual(0, Refused);
                limit.Load(CallFilter.ArgumentAt(2) + CallFilter.HighHalf);
                limit.UnlessEqual(0, Refused);
                limit.Return(CallFilter.Allow);
            }
        );
}
