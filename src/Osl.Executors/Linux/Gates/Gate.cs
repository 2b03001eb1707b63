using Osl.Interop.Linux;

namespace Osl.Executors.Linux;

/// <summary>
/// Holds a child inside posix_spawn(3), before its program has run a single instruction, so that what belongs to a process (limits, a
/// cgroup, the /proc of a namespace) can be set up from outside in time (adr/0035-gates.md).
/// </summary>
/// <remarks>
/// One gate is for one spawn. In order: <see cref="Arm"/>, <see cref="AddWait"/>, <see cref="Write"/>, then, while the launch thread is in posix_spawn, by
/// another thread <see cref="AwaitHeld"/> and <see cref="Release"/>. When the host dies meanwhile the child never runs its program.
/// </remarks>
internal abstract class Gate : IDisposable
{
    /// <summary>Gives the child what it needs to be held, after all its other descriptors.</summary>
    /// <param name="actions">The child's file actions.</param>
    /// <param name="first">The first number that the child does not use yet; raised by what the gate uses.</param>
    /// <returns>The error number, or 0.</returns>
    internal virtual int Arm(ref SpawnActions actions, ref int first) => 0;

    /// <summary>Tells the child to wait, as the last of its file actions: by then everything else is closed.</summary>
    internal virtual void AddWait(ref SpawnActions actions) { }

    /// <summary>What the launch thread does for it, while it still has the host's privileges.</summary>
    internal virtual unsafe void Write(RawProgram program, byte* path, byte** argv) { }

    /// <summary>Changes what is started, for a gate that is a program itself.</summary>
    /// <param name="program">Where it takes memory from.</param>
    /// <param name="path">What is executed.</param>
    /// <param name="argv">Its arguments.</param>
    /// <param name="envp">Its environment.</param>
    internal virtual unsafe void Wrap(RawProgram program, ref byte* path, ref byte** argv, ref byte** envp) { }

    /// <summary>The error number of an exec that has failed behind the gate; 0 for none.</summary>
    internal virtual int ExecError => 0;

    /// <summary>Waits until the child is held.</summary>
    /// <returns>Its pid; 0 when the program is over without a child that could be held.</returns>
    internal abstract int AwaitHeld(RawProgram program);

    /// <summary>Lets it go on, or ends it.</summary>
    /// <param name="pid">The child.</param>
    /// <param name="run">Whether it may run its program.</param>
    /// <returns>Whether it was held until now.</returns>
    internal abstract bool Release(int pid, bool run);

    public abstract void Dispose();
}

/// <summary>Which gates there are.</summary>
internal enum GateKind
{
    /// <summary>Whichever fits the launch.</summary>
    Any,

    /// <summary><see cref="SeccompGate"/> and no other.</summary>
    Seccomp,

    /// <summary><see cref="LeaseGate"/> and no other.</summary>
    Lease,

    /// <summary><see cref="ShellGate"/> and no other.</summary>
    Shell,
}

/// <summary>Whether a launch is held.</summary>
internal enum GateNeed
{
    /// <summary>It need not be.</summary>
    None,

    /// <summary>It is better held, and goes on where no gate fits.</summary>
    Wanted,

    /// <summary>It is never started unheld.</summary>
    Needed,
}

/// <summary>Which launches have a thread of their own, and a gate.</summary>
internal enum LaunchMode
{
    /// <summary>Those that need it.</summary>
    AsNeeded,

    /// <summary>Every launch has a thread of its own; for tests.</summary>
    Thread,

    /// <summary>Every launch is held by a gate; for tests.</summary>
    Held,
}
