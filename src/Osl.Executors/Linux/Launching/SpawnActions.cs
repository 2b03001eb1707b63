using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Osl.Interop.Linux;
using Osl.Operations.Processes;

namespace Osl.Executors.Linux;

/// <summary>
/// What the child does between its birth and its exec, told to posix_spawn(3): signals, group or session, directory, descriptors.
/// knowledge/posix-spawn-from-dotnet.md says why each.
/// </summary>
[StructLayout(LayoutKind.Auto)]
internal unsafe ref struct SpawnActions
{
    private const int FirstUnused = 3;

    private readonly byte* _actions;
    private readonly byte* _attributes;
    private int _error;

    /// <param name="actions">PosixSpawnActionsSize bytes of the stack.</param>
    /// <param name="attributes">PosixSpawnAttributesSize bytes of the stack.</param>
    internal SpawnActions(byte* actions, byte* attributes)
    {
        _actions = actions;
        _attributes = attributes;
        _error = Libc.PosixSpawnActionsInit(actions);
        if (_error == 0)
        {
            _error = Libc.PosixSpawnAttrInit(attributes);
        }
    }

    /// <summary>The first error number met, or 0.</summary>
    internal readonly int Error => _error;

    /// <summary>
    /// What helpers of ours are to be deaf to: HUP, INT, QUIT, USR1, USR2, PIPE, ALRM, TERM, TSTP, TTIN and TTOU. Between clone and setsid a
    /// child is in our group still, and a Ctrl-C of that moment, held back until its exec, would kill it there; a session of its own or a trap comes
    /// too late (knowledge/guardian.md).
    /// </summary>
    internal static ulong HelpersMask { get; } =
        new[] { 1, 2, 3, 10, 12, 13, 14, 15, 20, 21, 22 }.Aggregate(0UL, (mask, signal) => mask | (1UL << (signal - 1)));

    /// <summary>Clean signals, and the group or session.</summary>
    /// <param name="newSession">A session of its own, and with it a group.</param>
    /// <param name="setGroup">Another group than ours.</param>
    /// <param name="pgid">Which; 0 for one of its own.</param>
    /// <param name="keptIgnored">Signals that stay ignored if we ignore them: a bit each, the lowest for signal 1.</param>
    /// <param name="blocked">Signals that stay blocked, in the same way; none for a program of somebody's.</param>
    internal void SetAttributes(bool newSession, bool setGroup, int pgid, ulong keptIgnored, ulong blocked = 0)
    {
        Span<byte> all = stackalloc byte[Libc.SigsetSize];
        Span<byte> mask = stackalloc byte[Libc.SigsetSize];
        all.Fill(0xff);
        BinaryPrimitives.WriteUInt64LittleEndian(all, ~keptIgnored);
        mask.Clear();
        BinaryPrimitives.WriteUInt64LittleEndian(mask, blocked);
        fixed (byte* allStart = all)
        fixed (byte* maskStart = mask)
        {
            Check(Libc.PosixSpawnAttrSetSigdefault(_attributes, allStart));
            Check(Libc.PosixSpawnAttrSetSigmask(_attributes, maskStart));
        }

        var flags = Libc.POSIX_SPAWN_SETSIGDEF | Libc.POSIX_SPAWN_SETSIGMASK;
        if (newSession)
        {
            flags |= Libc.POSIX_SPAWN_SETSID;
        }
        else if (setGroup)
        {
            flags |= Libc.POSIX_SPAWN_SETPGROUP;
            Check(Libc.PosixSpawnAttrSetPgroup(_attributes, pgid));
        }

        Check(Libc.PosixSpawnAttrSetFlags(_attributes, (short)flags));
    }

    /// <summary>Standard input.</summary>
    /// <param name="kind">Where it comes from.</param>
    /// <param name="pipe">What it is to be, for what is opened here: a pipe's reading end, a file of memory.</param>
    internal void SetInput(StandardInputKind kind, int pipe)
    {
        if (pipe >= 0)
        {
            Check(Libc.PosixSpawnActionsAddDup2(_actions, pipe, 0));
        }
        else if (kind == StandardInputKind.Null || !Descriptor.IsInheritable(0))
        {
            OpenNull(0, Libc.O_RDONLY);
        }
    }

    /// <summary>
    /// Standard input from the slave of a pseudo-terminal: the first terminal that the leader of a new session opens becomes its own.
    /// </summary>
    /// <param name="slave">Its path; ends with NUL.</param>
    internal void OpenTerminal(ReadOnlySpan<byte> slave)
    {
        fixed (byte* path = slave)
        {
            Check(Libc.PosixSpawnActionsAddOpen(_actions, 0, path, Libc.O_RDWR, 0));
        }
    }

    /// <summary>Standard output or error.</summary>
    /// <param name="fd">1 or 2.</param>
    /// <param name="kind">Where it goes.</param>
    /// <param name="pipe">What it is to be, for what is opened here: a pipe's writing end, a file.</param>
    internal void SetOutput(int fd, StandardOutputKind kind, int pipe)
    {
        switch (kind)
        {
            case StandardOutputKind.Terminal:
                Check(Libc.PosixSpawnActionsAddDup2(_actions, 0, fd));
                break;
            case StandardOutputKind.Pipe or StandardOutputKind.Capture or StandardOutputKind.Tee or StandardOutputKind.File when pipe >= 0:
                Check(Libc.PosixSpawnActionsAddDup2(_actions, pipe, fd));
                break;
            case StandardOutputKind.SameAsOutput:
                Check(Libc.PosixSpawnActionsAddDup2(_actions, 1, fd));
                break;
            case StandardOutputKind.Inherit when Descriptor.IsInheritable(fd):
                break;
            // A host without standard output has something else under the number, or nothing: the next file that the child opened
            // would take its place.
            case StandardOutputKind.Inherit
            or StandardOutputKind.Null
            or StandardOutputKind.File
            or StandardOutputKind.Pipe
            or StandardOutputKind.Capture
            or StandardOutputKind.Tee:
            default:
                OpenNull(fd, Libc.O_WRONLY);
                break;
        }
    }

    /// <summary>A descriptor of ours under a number of the child's.</summary>
    /// <param name="fd">Ours; above every number that is given, so that none is overwritten before its turn.</param>
    /// <param name="number">The child's.</param>
    internal void Duplicate(int fd, int number) => Check(Libc.PosixSpawnActionsAddDup2(_actions, fd, number));

    /// <summary>Makes the child's group the foreground group of a terminal.</summary>
    /// <param name="fd">Ours; the child has it until its exec.</param>
    internal void TakeTerminal(int fd) => Check(LibcExtensions.AddTcsetpgrp(_actions, fd));

    /// <summary>
    /// Opens a descriptor of ours anew in the child, until its exec. After the standard streams, so that the number is the lowest that is
    /// free and nothing is duplicated, which would take off its close-on-exec.
    /// </summary>
    /// <param name="path">Where /proc shows it in the child.</param>
    /// <param name="number">The child's number; below ours.</param>
    internal void Reopen(byte* path, int number) =>
        Check(Libc.PosixSpawnActionsAddOpen(_actions, number, path, Libc.O_PATH | Libc.O_CLOEXEC, 0));

    /// <summary>Opens a file under a number of the child's; whatever is open there is closed before.</summary>
    internal void Open(byte* path, int number, int flags) => Check(Libc.PosixSpawnActionsAddOpen(_actions, number, path, flags, 0));

    /// <summary>Closes the child's copy of a descriptor of ours.</summary>
    internal void Close(int number) => Check(Libc.PosixSpawnActionsAddClose(_actions, number));

    internal void ChangeDirectory(byte* path) => Check(Libc.PosixSpawnActionsAddChdir(_actions, path));

    /// <summary>Closes what a library of the host has opened without O_CLOEXEC. Ours is closed by its flag, with every libc.</summary>
    /// <param name="first">The first number to close.</param>
    internal void CloseTheRest(int first = FirstUnused)
    {
        if (LibcExtensions.HasAddCloseFrom)
        {
            Check(LibcExtensions.AddCloseFrom(_actions, first));
        }
    }

    /// <summary>Starts the program.</summary>
    /// <returns>The error number, or 0: then its exec has succeeded.</returns>
    internal readonly int Spawn(byte* path, byte** argv, byte** envp, out int pid)
    {
        int started = 0;
        var start = OwnChildren.Starting();
        var error = _error != 0 ? _error : Libc.PosixSpawn(&started, path, _actions, _attributes, argv, envp);
        pid = started;
        OwnChildren.Started(start, error == 0 ? started : 0);
        return error;
    }

    /// <summary>Starts the program in a context of its own.</summary>
    /// <returns>The error number, or 0: then its exec has succeeded.</returns>
    internal readonly int Spawn(LaunchContext context, byte* path, byte** argv, byte** envp, out int pid)
    {
        pid = 0;
        var start = OwnChildren.Starting();
        var error = _error != 0 ? _error : context.Start(_actions, _attributes, path, argv, envp, out pid);
        OwnChildren.Started(start, error == 0 ? pid : 0);
        return error;
    }

    internal readonly void Dispose()
    {
        _ = Libc.PosixSpawnActionsDestroy(_actions);
        _ = Libc.PosixSpawnAttrDestroy(_attributes);
    }

    private void OpenNull(int fd, int flags)
    {
        fixed (byte* path = "/dev/null\0"u8)
        {
            Check(Libc.PosixSpawnActionsAddOpen(_actions, fd, path, flags, 0));
        }
    }

    private void Check(int error) => _error = _error != 0 ? _error : error;
}
