using Osl.Interop.Linux;

namespace Osl.Executors.Linux;

/// <summary>
/// Holds the child at its exec: a filter on the launch thread, which the child inherits, asks us about execve(2) of exactly the path and
/// arguments that lie in our memory (seccomp_unotify(2), Linux 5.5).
/// </summary>
/// <remarks>
/// <para>
/// Needs no_new_privs or CAP_SYS_ADMIN when the filter is set. It stays on the child and its descendants, where it lets everything
/// pass: another image has other addresses. Who makes one match on purpose gets ENOSYS from his own exec, since nobody listens.
/// </para>
/// <para>
/// When the host dies, the listener is closed, and the kernel answers the pending exec with ENOSYS. That holds only if no other process
/// has the listener: so each child closes everything above its own descriptors (addclosefrom_np) before its exec, where it is held.
/// </para>
/// </remarks>
internal sealed unsafe class SeccompGate : Gate
{
    private const int NewListener = 8;
    private const nuint Receive = 0xC0502100;
    private const nuint Send = 0xC0182101;
    private const int NotificationSize = 80;
    private const int PidAt = 8;
    private const uint Continue = 1;
    private const int Above = 10;

    private const int FirstSlot = 0;
    private const int ListenerSlot = 1;

    private int _listener = -1;
    private ulong _notification;

    /// <summary>Whether this kernel and libc have all it takes; whether the host may use it, only the trial tells.</summary>
    internal static bool IsThere { get; } =
        SyscallNumber.IsKnownArchitecture && LibcExtensions.HasAddCloseFrom && Libc.SeccompHas(Libc.SECCOMP_RET_USER_NOTIF) == 0;

    /// <summary>Whether a filter that asks is allowed here, tried with one that asks nothing, on a thread that ends with it.</summary>
    /// <returns>Null when it could not be tried, since the system gives no thread.</returns>
    internal static bool? Works()
    {
        using var program = new RawProgram();
        if (!HostPrivileges.Read().Has(HostPrivileges.SysAdmin))
        {
            program.Add((int)ContextStep.NoNewPrivileges, SyscallNumber.Prctl, Libc.PR_SET_NO_NEW_PRIVS, 1);
        }

        var filter = new CallFilter();
        filter.Return(CallFilter.Allow);
        var whole = filter.WriteTo(program);
        program.Add((int)ContextStep.Gate, SyscallNumber.Seccomp, Libc.SECCOMP_SET_MODE_FILTER, NewListener, whole, keep: FirstSlot);
        program.Add((int)ContextStep.Gate, SyscallNumber.Close, use: FirstSlot);
        return program.TryRun() ? program.FailedStep is null : null;
    }

    internal override void Write(RawProgram program, byte* path, byte** argv)
    {
        var asked = (ulong)path;
        var filter = new CallFilter();
        filter.Load(CallFilter.Architecture);
        filter.UnlessEqual(CallFilter.OwnArchitecture, CallFilter.Allow);
        filter.Load(CallFilter.Number);
        filter.UnlessEqual((uint)SyscallNumber.Execve, CallFilter.Allow);
        filter.Load(CallFilter.ArgumentAt(0));
        filter.UnlessEqual((uint)asked, CallFilter.Allow);
        filter.Load(CallFilter.ArgumentAt(0) + CallFilter.HighHalf);
        filter.UnlessEqual((uint)(asked >> 32), CallFilter.Allow);
        filter.Load(CallFilter.ArgumentAt(1));
        filter.UnlessEqual((uint)(ulong)argv, CallFilter.Allow);
        filter.Return(Libc.SECCOMP_RET_USER_NOTIF);
        var whole = filter.WriteTo(program);
        program.Add((int)ContextStep.Gate, SyscallNumber.Seccomp, Libc.SECCOMP_SET_MODE_FILTER, NewListener, whole, keep: FirstSlot);
        // Away from the numbers that the child's own descriptors get.
        program.Add((int)ContextStep.Gate, SyscallNumber.Fcntl, 0, Libc.F_DUPFD_CLOEXEC, Above, use: FirstSlot, keep: ListenerSlot);
        program.Add((int)ContextStep.Gate, SyscallNumber.Close, use: FirstSlot);
        program.Tell((int)ContextStep.Gate);
    }

    internal override int AwaitHeld(RawProgram program)
    {
        var polled = stackalloc Libc.PollDescriptor[2];
        while (true)
        {
            if (_listener < 0 && program.Slot(ListenerSlot) is var listener and > 0)
            {
                _listener = (int)listener;
            }

            if (program.IsDone)
            {
                CloseFirst(program);
                return 0;
            }

            polled[0] = new Libc.PollDescriptor { Descriptor = program.Progress, Events = Libc.POLLIN };
            polled[1] = new Libc.PollDescriptor { Descriptor = _listener, Events = Libc.POLLIN };
            if (Libc.PollMany(polled, 2, -1) < 0)
            {
                continue;
            }

            if (polled[0].ReturnedEvents != 0)
            {
                ulong told;
                _ = Libc.Read(program.Progress, (byte*)&told, sizeof(ulong));
            }

            if (_listener >= 0 && (polled[1].ReturnedEvents & Libc.POLLIN) != 0 && TryReceive() is > 0 and var pid)
            {
                return pid;
            }
        }
    }

    /// <summary>The listener under its first number, when there was no other one left for it.</summary>
    private void CloseFirst(RawProgram program)
    {
        if (_listener < 0 && program.Slot(FirstSlot) is > 0 and var first)
        {
            _ = Libc.Close((int)first);
        }
    }

    internal override bool Release(int pid, bool run)
    {
        // struct seccomp_notif_resp: id, value, error, flags.
        var answer = stackalloc byte[24];
        *(ulong*)answer = _notification;
        *(long*)(answer + 8) = 0;
        *(int*)(answer + 16) = run ? 0 : -Errno.EPERM;
        *(uint*)(answer + 20) = run ? Continue : 0;
        // Else it was killed meanwhile; it can't have gone on.
        return Libc.Ioctl(_listener, Send, answer) == 0;
    }

    public override void Dispose()
    {
        if (_listener >= 0)
        {
            _ = Libc.Close(_listener);
            _listener = -1;
        }
    }

    /// <summary>0 when the child was killed between its question and our look.</summary>
    private int TryReceive()
    {
        var notification = stackalloc byte[NotificationSize];
        new Span<byte>(notification, NotificationSize).Clear();
        if (Libc.Ioctl(_listener, Receive, notification) < 0)
        {
            return 0;
        }

        _notification = *(ulong*)notification;
        return *(int*)(notification + PidAt);
    }
}
