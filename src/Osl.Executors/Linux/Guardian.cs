using Microsoft.Win32.SafeHandles;
using Osl.Interop.Linux;
using Osl.Interop.Posix;
using Osl.Operations;
using Osl.Operations.Processes;

namespace Osl.Executors.Linux;

/// <summary>
/// The guardian of one host: a small process that ends what is Managed when the host is gone, even by SIGKILL.
/// </summary>
/// <remarks>
/// <para>
/// What it does is <see cref="GuardianScript"/>; here it is started, watched and waited for. Facts it rests on, and what it can't
/// do: knowledge/guardian.md. Why it reads the registry itself: adr/0009-registry-and-guardian.md.
/// </para>
/// <para>
/// <b>The tie.</b> A socketpair, not a pipe: an end of a pipe can be reopened through /proc/HOST/fd, and one leaked write end
/// postpones the end of file for ever. Both ends are closed on exec; the guardian has its own as descriptor 0 only, so no process
/// but the host keeps the host's end open, apart from a child between vfork and exec: which is welcome, since it makes the guardian
/// wait until that child carries its marker.
/// </para>
/// <para>
/// <b>Apart from the host.</b> A session of its own: no Ctrl-C, no hang-up, no signal to the host's group reaches it; the script
/// ignores the rest that can be. The same signals are blocked from before its exec on, for it is born in the host's group, and Ctrl-C may
/// come just then. Dispositions default (.NET ignores SIGPIPE, and a child would inherit that),
/// every descriptor above 3 closed, an environment of fixed variables only: neither the host's secrets nor an outer operation's
/// marker, by which an outer guardian would end this one before its work.
/// </para>
/// <para>
/// <b>Ready.</b> <see cref="Start"/> waits for the script's word, since exec alone does not tell that its tools are there. That is
/// paid once in a host's life. Who gets an error from it must not start anything Managed.
/// </para>
/// <para>
/// <b>Reaping.</b> By pidfd, or where there are none by pid, and for this one child only: System.Diagnostics.Process and the exit watcher have
/// their own. When the guardian was reaped by somebody else (a .NET runtime that is PID 1 reaps everybody) it counts as gone all the same.
/// By pid it is safe since nobody but this object reaps it, and it signals under the same lock.
/// </para>
/// </remarks>
internal sealed unsafe class Guardian : IDisposable
{
    private const int ReadyMilliseconds = 30_000;
    private const int LookAgainMilliseconds = 5;
    private const int HighestTarget = 3;
    private const int AboveTargets = 10;

    private readonly SafeFileHandle _socket;
    private readonly Lock _gate = new();
    private bool _gone;
    private bool _disposed;

    private Guardian(int pid, PidFd? pidfd, SafeFileHandle socket)
    {
        Pid = pid;
        Descriptor = pidfd;
        _socket = socket;
    }

    internal int Pid { get; }

    /// <summary>Its pidfd; null where there are none.</summary>
    internal PidFd? Descriptor { get; }

    /// <summary>Starts one and waits until it is ready.</summary>
    /// <param name="slotFile">Our descriptor of the slot file; the guardian gets one of its own.</param>
    internal static OneOf<Guardian, OperationError> Start(int slotFile)
    {
        // Opened anew: another open file description, so that the lock stays ours alone and the guardian can't write.
        var slots = Libc.Open($"/proc/self/fd/{slotFile}", Libc.O_RDONLY | Libc.O_CLOEXEC, 0);
        using var reading = Owned(slots);
        var pair = stackalloc int[2];
        if (slots < 0)
        {
            return Failed(Libc.LastError);
        }

        if (Libc.Socketpair(Libc.AF_UNIX, Libc.SOCK_STREAM | Libc.SOCK_CLOEXEC, 0, pair) < 0)
        {
            return Failed(Libc.LastError);
        }

        var ours = Owned(pair[0]);
        using var theirs = Owned(pair[1]);
        var errno = Spawn((int)theirs.DangerousGetHandle(), slots, out var pid);
        if (errno != 0)
        {
            ours.Dispose();
            return Failed(errno);
        }

        // Safe though late: it is our child and not reaped, so the number is still its.
        var pidfd = PidFd.TryOpen(pid, out var error, spend: false);
        if (pidfd is null && DescriptorReserve.IsLack(error))
        {
            // It ends by itself, at the end of file.
            ours.Dispose();
            _ = OwnChild.Reap(pid, block: true, out _);
            return Failed(error);
        }

        theirs.Dispose();
        Guardian? guardian = new(pid, pidfd, ours);
        try
        {
            if (guardian.IsReady())
            {
                var ready = guardian;
                guardian = null;
                return ready;
            }

            guardian.End();
        }
        finally
        {
            guardian?.Dispose();
        }

        return new Unsupported(
            "a guardian, since its script can't work here",
            "Provide /bin/sh, and in /usr/bin or /bin sed, sleep and a grep that knows -z (GNU or BusyBox); mount /proc."
        );
    }

    /// <summary>Whether it lives; reaps it if not.</summary>
    /// <exception cref="ObjectDisposedException">It was found dead before, or let go.</exception>
    internal bool IsAlive()
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            var outcome =
                _gone ? ReapOutcome.Reaped
                : Descriptor is { } pidfd ? ChildStatus.Reap(pidfd, block: false, out _)
                : OwnChild.Reap(Pid, block: false, out _);
            _gone = outcome != ReapOutcome.StillRunning;
            return !_gone;
        }
    }

    /// <summary>Closes the tie, so that it ends what is left and then itself, and waits for that.</summary>
    /// <param name="bound">How long; afterwards it goes on by itself.</param>
    /// <returns>Whether it has ended.</returns>
    internal bool LetGo(TimeSpan bound)
    {
        _socket.Dispose();
        if (Descriptor is { } pidfd)
        {
            _ = Interop.Linux.Descriptor.WaitReadable(pidfd.Number, (int)bound.TotalMilliseconds);
        }
        else
        {
            for (var since = Environment.TickCount64; IsAlive() && Environment.TickCount64 - since < bound.TotalMilliseconds; )
            {
                var nothing = default(Libc.PollDescriptor);
                _ = Libc.Poll(ref nothing, 0, LookAgainMilliseconds);
            }
        }

        var ended = !IsAlive();
        if (!ended)
        {
            // Stopped by somebody, or hung: its work is over when it is let go in order, so nothing is lost with it.
            Kill();
        }

        Dispose();
        return ended;
    }

    /// <summary>Closes the descriptors; by that it is let go, too, and not waited for.</summary>
    public void Dispose()
    {
        _socket.Dispose();
        lock (_gate)
        {
            _disposed = true;
        }

        Descriptor?.Dispose();
    }

    private void Kill()
    {
        lock (_gate)
        {
            if (Descriptor is { } pidfd)
            {
                _ = pidfd.Send(Libc.SIGKILL);
            }
            else if (!_gone)
            {
                _ = Libc.Kill(Pid, Libc.SIGKILL);
            }
        }
    }

    private static SafeFileHandle Owned(int descriptor) => new(descriptor, ownsHandle: true);

    private static SpawnFailed Failed(int errno) =>
        new(
            "the guardian /bin/sh, without which nothing Managed is started",
            errno,
            Errno.Name(errno),
            "Allow more processes and open files, provide /bin/sh and /proc, or start it detached (osl run: --detach)."
        );

    private static int Spawn(int socket, int slots, out int pid)
    {
        // Above every descriptor that is a target below, so that no dup2 closes a source of a later one.
        using var highSocket = Owned(Libc.Fcntl(socket, Libc.F_DUPFD_CLOEXEC, AboveTargets));
        using var highSlots = Owned(Libc.Fcntl(slots, Libc.F_DUPFD_CLOEXEC, AboveTargets));
        pid = 0;
        if (highSocket.IsInvalid || highSlots.IsInvalid)
        {
            return Errno.EMFILE;
        }

        var actionSpace = stackalloc byte[Libc.PosixSpawnActionsSize];
        var attributeSpace = stackalloc byte[Libc.PosixSpawnAttributesSize];
        fixed (
            byte* shell = "/bin/sh"u8,
                script = GuardianScript.Text
        )
        fixed (
            byte* sh = "sh"u8,
                c = "-c"u8,
                name = "osl-guardian"u8
        )
        // For when it has to begin anew.
        fixed (byte* text = (byte[])[.. GuardianScript.Variable, .. GuardianScript.Text, 0])
        fixed (
            byte* path = "PATH=/usr/bin:/bin:/usr/sbin:/sbin"u8,
                locale = "LC_ALL=C"u8
        )
        {
            var arguments = stackalloc byte*[] { sh, c, script, name, null };
            var environment = stackalloc byte*[] { path, locale, text, null };
            var spawn = new SpawnActions(actionSpace, attributeSpace);
            spawn.SetAttributes(newSession: true, setGroup: false, pgid: 0, keptIgnored: 0, blocked: SpawnActions.HelpersMask);
            spawn.Duplicate((int)highSocket.DangerousGetHandle(), 0);
            spawn.SetOutput(1, StandardOutputKind.Null, -1);
            spawn.SetOutput(2, StandardOutputKind.SameAsOutput, -1);
            spawn.Duplicate((int)highSlots.DangerousGetHandle(), HighestTarget);
            spawn.CloseTheRest(HighestTarget + 1);
            var error = spawn.Spawn(shell, arguments, environment, out pid);
            spawn.Dispose();
            return error;
        }
    }

    private bool IsReady()
    {
        var socket = (int)_socket.DangerousGetHandle();
        Span<byte> heard = stackalloc byte[GuardianScript.Ready.Length];
        fixed (byte* start = heard)
        {
            for (var length = 0; length < heard.Length; )
            {
                var read = Interop.Linux.Descriptor.WaitReadable(socket, ReadyMilliseconds)
                    ? Libc.Read(socket, start + length, heard.Length - length)
                    : 0;
                if (read < 0 && Libc.LastError == Errno.EINTR)
                {
                    continue;
                }

                if (read <= 0)
                {
                    return false;
                }

                length += (int)read;
            }
        }

        return heard.SequenceEqual(GuardianScript.Ready);
    }

    private void End()
    {
        Kill();
        _ = LetGo(TimeSpan.FromMilliseconds(ReadyMilliseconds));
    }
}
