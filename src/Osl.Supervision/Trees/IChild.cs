using Osl.Operations.Processes;
using Osl.Supervision.Services;

namespace Osl.Supervision.Trees;

/// <summary>
/// Something that a <see cref="Supervisor"/> keeps running: a service that can also say when it is up and which OS processes it has
/// started, so that none of them outlives it.
/// </summary>
public interface IChild : IRunnable
{
    /// <summary>Completes when it does its work, so that who depends on it can be started. At once unless said otherwise; never read before the run begins.</summary>
    Task Up => Task.CompletedTask;

    /// <summary>
    /// The OS processes it has started, asked for after each of its ends, a crash included: those that are Managed and still alive are
    /// ended then. None, at no cost, unless said otherwise. May be asked for while it runs, by any thread.
    /// </summary>
    IReadOnlyList<ChildProcessInfo> ChildProcesses => [];
}

/// <summary>An OS process of a child, with its group or job.</summary>
/// <param name="Process">The process.</param>
/// <param name="Group">Its own group, which is ended as a whole; null where it has none: then it is ended alone.</param>
/// <param name="Lifetime">Managed ones are ended with the child; Detached ones are left running.</param>
/// <param name="StopSequence">How it is ended; null for what the child's <see cref="ChildSpec.Cleanup"/> says.</param>
public sealed record ChildProcessInfo(
    ProcessRef Process,
    GroupRef? Group = null,
    ProcessLifetime Lifetime = ProcessLifetime.Managed,
    StopSequence? StopSequence = null
)
{
    /// <summary>The group or the process.</summary>
    public override string ToString() => Group is { } group ? group.ToString() : $"process {Process.Pid}";
}
