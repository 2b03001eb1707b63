using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace Osl.Interop.Linux;

/// <summary>
/// System calls, one after the other, and a posix_spawn(3) at their end, for a thread that gives up what the rest of the process keeps:
/// written down beforehand, so that the thread itself decides nothing, allocates nothing and calls nothing of the runtime.
/// </summary>
/// <remarks>
/// Constraints (adr/0034-launch-thread.md):
/// <para>
/// A thread that the runtime starts inherits the context of the thread that happens to make it start one. Allocation (the collector's
/// threads), the pool, timers, and the first or thirtieth call of a method (the compiler's tiers) all can. So <see cref="Execute"/> is
/// compiled once, fully, outside the tiers; it calls by address only; and it has run before, on an ordinary thread.
/// </para>
/// <para>
/// libc's own setresuid and its like change every thread of the process; the system calls change the one that makes them.
/// </para>
/// <para>It stops at the first call that fails, and keeps which one it was and its error number.</para>
/// </remarks>
internal sealed unsafe class RawProgram : IDisposable
{
    /// <summary>Of results that later calls need.</summary>
    internal const int Slots = 4;

    private const int EagerCalls = 96;
    private const int StackBytes = 256 * 1024;
    private const int NoSlot = -1;
    private const int FailingCall = -1;

    private static readonly nint SyscallAddress = Export("syscall");
    private static readonly nint ErrnoAddress = Export("__errno_location");
    private static readonly nint SpawnAddress = Export("posix_spawn");
    private static readonly bool IsWarm = Warm();

    private readonly List<nint> _memory = [];
    private readonly Header* _header;
    private int _room = EagerCalls;

    internal RawProgram()
    {
        _header = (Header*)Memory(sizeof(Header));
        _header->Calls = (Call*)Memory(sizeof(Call) * EagerCalls);
        _header->Syscall = SyscallAddress;
        _header->Errno = ErrnoAddress;
        _header->GettidNumber = SyscallNumber.Gettid;
        _header->WriteNumber = SyscallNumber.Write;
        _header->Progress = -1;
        _header->One = 1;
        _header->Failed = NoSlot;
    }

    private enum Kind
    {
        /// <summary>A system call.</summary>
        Call,

        /// <summary>Two stretches of memory have to be equal: address, address, length.</summary>
        Compare,
    }

    /// <summary>The thread it runs or ran on; 0 before.</summary>
    internal int Tid => Volatile.Read(ref _header->Tid);

    /// <summary>Whether it is through, or has failed.</summary>
    internal bool IsDone => Volatile.Read(ref _header->Done) != 0;

    /// <summary>What the call that failed was said to be for; null when none has.</summary>
    internal int? FailedStep => _header->Failed == NoSlot ? null : _header->Calls[_header->Failed].Step;

    /// <summary>The error number of the call that failed, of posix_spawn, or 0; <see cref="Differs"/> for a comparison.</summary>
    internal int Error => _header->Error;

    /// <summary>The error number of a comparison that does not hold: no system call's.</summary>
    internal const int Differs = 4096;

    /// <summary>The child, when posix_spawn has returned 0.</summary>
    internal int Pid => _header->Pid;

    /// <summary>A result that was kept.</summary>
    internal nint Slot(int slot) => (nint)Volatile.Read(ref _header->Values[slot]);

    /// <summary>An eventfd(2) that is written to by <see cref="Tell"/> and at the end.</summary>
    internal int Progress
    {
        get => _header->Progress;
        set => _header->Progress = value;
    }

    /// <summary>Adds a system call.</summary>
    /// <param name="step">What it is for, as <see cref="FailedStep"/> will have it.</param>
    /// <param name="number">Its number.</param>
    /// <param name="a">Its first argument, and so on.</param>
    /// <param name="b">The second.</param>
    /// <param name="c">The third.</param>
    /// <param name="d">The fourth.</param>
    /// <param name="e">The fifth.</param>
    /// <param name="use">The slot whose value is its first argument instead.</param>
    /// <param name="keep">The slot for its result.</param>
    internal void Add(
        int step,
        int number,
        nint a = 0,
        nint b = 0,
        nint c = 0,
        nint d = 0,
        nint e = 0,
        int use = NoSlot,
        int keep = NoSlot
    ) =>
        Append(
            new Call
            {
                Kind = Kind.Call,
                Step = step,
                Number = number,
                A = a,
                B = b,
                C = c,
                D = d,
                E = e,
                Use = use,
                Keep = keep,
            }
        );

    /// <summary>Goes on only if two stretches of memory are equal by then.</summary>
    internal void AddCompare(int step, nint one, nint other, int length) =>
        Append(
            new Call
            {
                Kind = Kind.Compare,
                Step = step,
                A = one,
                B = other,
                C = length,
                Use = NoSlot,
                Keep = NoSlot,
            }
        );

    /// <summary>Tells whoever waits for <see cref="Progress"/> that it has come this far.</summary>
    internal void Tell(int step) => Add(step, SyscallNumber.Write, Progress, (nint)(&_header->One), sizeof(ulong));

    /// <summary>What it ends with.</summary>
    internal void AddSpawn(byte* path, byte* actions, byte* attributes, byte** argv, byte** envp)
    {
        _header->Spawn = SpawnAddress;
        _header->Path = (nint)path;
        _header->Actions = (nint)actions;
        _header->Attributes = (nint)attributes;
        _header->Argv = (nint)argv;
        _header->Envp = (nint)envp;
    }

    /// <summary>Zeroed memory that lives as long as this does.</summary>
    internal nint Memory(int bytes)
    {
        var block = (nint)NativeMemory.AllocZeroed((nuint)bytes);
        _memory.Add(block);
        return block;
    }

    /// <summary>A text, with its NUL.</summary>
    internal nint Text(string text)
    {
        var length = Encoding.UTF8.GetByteCount(text);
        var block = Memory(length + 1);
        _ = Encoding.UTF8.GetBytes(text, new Span<byte>((void*)block, length));
        return block;
    }

    /// <summary>Begins it on a thread of its own.</summary>
    /// <returns>The thread, for <see cref="Join"/>; null when the system gives none.</returns>
    internal Thread? TryStart()
    {
        if (!IsWarm)
        {
            throw new InvalidOperationException("The calls of a launch thread can't be made on this libc.");
        }

        var thread = new Thread(Begin, StackBytes) { IsBackground = true, Name = "osl-launch" };
        return ThreadShortage.TryStart(thread) ? thread : null;
    }

    /// <summary>Runs it to its end on a thread of its own.</summary>
    /// <returns>False when the system gives none: then nothing has been called.</returns>
    internal bool TryRun()
    {
        if (TryStart() is not { } thread)
        {
            return false;
        }

        Join(thread);
        return true;
    }

    /// <summary>Waits until the thread is gone for the kernel too, after which nobody has its credentials.</summary>
    internal void Join(Thread thread)
    {
        thread.Join();
        var spin = default(SpinWait);
        while (Tid != 0 && Libc.Syscall(SyscallNumber.Tgkill, Environment.ProcessId, Tid, 0, 0, 0, 0) == 0)
        {
            spin.SpinOnce();
        }
    }

    public void Dispose()
    {
        foreach (var block in _memory)
        {
            NativeMemory.Free((void*)block);
        }

        _memory.Clear();
    }

    // All that is called from here on is compiled and counted before the thread changes anything.
    private void Begin() => Execute(_header);

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void Execute(Header* header)
    {
        var syscall = (delegate* unmanaged[Cdecl]<nint, nint, nint, nint, nint, nint, nint, nint>)header->Syscall;
        var errno = (delegate* unmanaged[Cdecl, SuppressGCTransition]<int*>)header->Errno;
        header->Tid = (int)syscall(header->GettidNumber, 0, 0, 0, 0, 0, 0);
        for (var i = 0; i < header->Count; i++)
        {
            var call = header->Calls + i;
            if (call->Kind == Kind.Compare)
            {
                for (nint at = 0; at < call->C; at++)
                {
                    if (((byte*)call->A)[at] != ((byte*)call->B)[at])
                    {
                        header->Failed = i;
                        header->Error = Differs;
                    }
                }
            }
            else
            {
                var first = call->Use < 0 ? call->A : (nint)header->Values[call->Use];
                var result = syscall(call->Number, first, call->B, call->C, call->D, call->E, 0);
                if (result == -1)
                {
                    header->Error = *errno();
                    header->Failed = i;
                }
                else if (call->Keep >= 0)
                {
                    header->Values[call->Keep] = result;
                }
            }

            if (header->Failed >= 0)
            {
                break;
            }
        }

        if (header->Failed < 0 && header->Spawn != 0)
        {
            // By the signature of syscall: one kind of call by address, which has been made before.
            var spawn = (delegate* unmanaged[Cdecl]<nint, nint, nint, nint, nint, nint, nint, nint>)header->Spawn;
            header->Error = (int)spawn(
                (nint)(&header->Pid),
                header->Path,
                header->Actions,
                header->Attributes,
                header->Argv,
                header->Envp,
                0
            );
        }

        header->Done = 1;
        if (header->Progress >= 0)
        {
            _ = syscall(header->WriteNumber, header->Progress, (nint)(&header->One), sizeof(ulong), 0, 0, 0);
        }
    }

    private static bool Warm()
    {
        if (SyscallAddress == 0 || ErrnoAddress == 0 || SpawnAddress == 0 || !SyscallNumber.IsKnownArchitecture)
        {
            return false;
        }

        using var program = new RawProgram();
        program.Add(0, SyscallNumber.Gettid);
        program.Add(0, FailingCall);
        Execute(program._header);
        return program.FailedStep == 0 && program.Error == Errno.ENOSYS;
    }

    private void Append(in Call call)
    {
        if (_header->Count == _room)
        {
            var larger = (Call*)Memory(sizeof(Call) * _room * 2);
            new Span<Call>(_header->Calls, _room).CopyTo(new Span<Call>(larger, _room));
            _header->Calls = larger;
            _room *= 2;
        }

        _header->Calls[_header->Count++] = call;
    }

    private static nint Export(string name) =>
        NativeLibrary.TryGetExport(NativeLibrary.GetMainProgramHandle(), name, out var address) ? address : 0;

    [StructLayout(LayoutKind.Sequential)]
    private struct Call
    {
        internal Kind Kind;
        internal int Step;
        internal int Use;
        internal int Keep;
        internal nint Number;
        internal nint A;
        internal nint B;
        internal nint C;
        internal nint D;
        internal nint E;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct Header
    {
        internal nint Syscall;
        internal nint Errno;
        internal nint Spawn;
        internal nint Path;
        internal nint Actions;
        internal nint Attributes;
        internal nint Argv;
        internal nint Envp;
        internal nint GettidNumber;
        internal nint WriteNumber;
        internal Call* Calls;
        internal ulong One;
        internal int Count;
        internal int Progress;
        internal int Tid;
        internal int Pid;
        internal int Failed;
        internal int Error;
        internal int Done;
        internal fixed long Values[Slots];
    }
}
