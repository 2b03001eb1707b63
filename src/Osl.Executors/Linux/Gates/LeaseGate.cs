using System.Globalization;
using System.Text;
using Osl.Interop.Linux;

namespace Osl.Executors.Linux;

/// <summary>
/// Holds the child at the opening of a file on which we have a lease (fcntl(2), F_SETLEASE), as one of its file actions. Needs no
/// privilege; can't be had by a child that changes its account, which may not open our descriptors.
/// </summary>
/// <remarks>
/// <para>
/// The last of the child's file actions: open the file, where the kernel holds it until the lease is given up; then open the lease
/// through /proc/HOST/fd, which proves that the host lives: the end of the host ends the lease too. By then the child has closed its
/// own copy of the lease and those of all others (addclosefrom_np). Should another child, not yet so far, keep one a moment longer, the
/// kernel takes the lease away after lease-break-time (45 s), and the proof fails as well.
/// </para>
/// <para>
/// Last, since a limit of open files counts at once: what the child still had to open would fail.
/// </para>
/// <para>A host that is stopped for longer than lease-break-time loses the lease and so its child: the release tells.</para>
/// </remarks>
internal sealed unsafe class LeaseGate : Gate
{
    private const int F_SETOWN = 8;
    private const int F_SETLEASE = 1024;
    private const int F_WRLCK = 1;
    private const int F_UNLCK = 2;
    private const int Above = 10;

    private int _number;
    private int _lease = -1;
    private int _twin = -1;

    /// <summary>Whether it can be used at all: the child's number has to be found while it is held.</summary>
    internal static bool IsThere { get; } =
        LibcExtensions.HasAddCloseFrom
        && File.Exists(string.Create(CultureInfo.InvariantCulture, $"/proc/self/task/{Environment.ProcessId}/children"));

    /// <summary>Whether a lease is to be had here, tried.</summary>
    internal static bool Works()
    {
        using var gate = new LeaseGate();
        return gate.Take() == 0;
    }

    internal override int Arm(ref SpawnActions actions, ref int first)
    {
        _number = first++;
        var error = Take();
        if (error == 0)
        {
            actions.Duplicate(_twin, _number);
        }

        return error;
    }

    internal override void AddWait(ref SpawnActions actions)
    {
        fixed (byte* twin = Encoding.ASCII.GetBytes(Descriptor.ProcPath(_number) + '\0'))
        fixed (
            byte* proof = Encoding.ASCII.GetBytes(
                string.Create(CultureInfo.InvariantCulture, $"/proc/{Environment.ProcessId}/fd/{_lease}\0")
            )
        )
        {
            // Each opens the lowest number that is free, so that nothing is duplicated, which would take off its close-on-exec.
            actions.Open(twin, _number + 1, Libc.O_RDONLY | Libc.O_CLOEXEC);
            actions.Open(proof, _number, Libc.O_PATH | Libc.O_CLOEXEC);
        }
    }

    internal override int AwaitHeld(RawProgram program)
    {
        var spin = default(SpinWait);
        while (!program.IsDone)
        {
            // No event tells that a lease is being broken but a signal to the process, which is not ours to take. The child has been
            // forked as soon as the kernel lists it, and can't get beyond the gate: some 100 µs after the start.
            if (program.Tid is > 0 and var tid && ChildOf(tid) is > 0 and var pid)
            {
                return pid;
            }

            spin.SpinOnce(sleep1Threshold: 200);
        }

        return 0;
    }

    internal override bool Release(int pid, bool run)
    {
        if (!run)
        {
            _ = Libc.Kill(pid, 9);
        }

        // EAGAIN: the kernel has taken the lease from us, since we were too long about it.
        return Libc.Fcntl(_lease, F_SETLEASE, F_UNLCK) == 0;
    }

    public override void Dispose()
    {
        Close(ref _twin);
        Close(ref _lease);
    }

    private int Take()
    {
        var file = Libc.MemfdCreate("osl-gate", Libc.MFD_CLOEXEC);
        if (file < 0)
        {
            return Libc.LastError;
        }

        _twin = Libc.Open(Descriptor.ProcPath(file), Libc.O_PATH | Libc.O_CLOEXEC, 0);
        _lease = _twin < 0 ? -1 : Libc.Open(Descriptor.ProcPath(file), Libc.O_RDONLY | Libc.O_CLOEXEC, 0);
        var error = _lease < 0 ? Libc.LastError : 0;
        // The lease is for who has the file open alone.
        _ = Libc.Close(file);
        error = error == 0 ? Descriptor.MoveUp(ref _twin, Above) : error;
        error = error == 0 ? Descriptor.MoveUp(ref _lease, Above) : error;
        if (error == 0 && Libc.Fcntl(_lease, F_SETLEASE, F_WRLCK) < 0)
        {
            error = Libc.LastError;
        }

        // Else the kernel sends SIGIO to the host when the child comes to the gate.
        return error == 0 && Libc.Fcntl(_lease, F_SETOWN, 0) < 0 ? Libc.LastError : error;
    }

    private static int ChildOf(int tid)
    {
        var path = stackalloc byte[64];
        var length = Encoding.ASCII.GetBytes(
            string.Create(CultureInfo.InvariantCulture, $"/proc/self/task/{tid}/children"),
            new Span<byte>(path, 63)
        );
        path[length] = 0;
        var fd = Libc.OpenBytes(path, Libc.O_RDONLY | Libc.O_CLOEXEC);
        if (fd < 0)
        {
            return 0;
        }

        var text = stackalloc byte[16];
        var read = Libc.Read(fd, text, 16);
        _ = Libc.Close(fd);
        var pid = 0;
        for (var i = 0; i < read && text[i] is >= (byte)'0' and <= (byte)'9'; i++)
        {
            pid = (pid * 10) + text[i] - '0';
        }

        return pid;
    }

    private static void Close(ref int fd)
    {
        if (fd >= 0)
        {
            _ = Libc.Close(fd);
        }

        fd = -1;
    }
}
