using System.Runtime.InteropServices;
using Osl.Executors.Streams;
using Osl.Operations.Processes;

namespace Osl.Executors.Linux;

/// <summary>The host's ends of a new child's streams: handed on with it, or given up when it has to be ended after all.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly struct HostEnds
{
    private readonly PipeStream? _input;
    private readonly PseudoTerminal? _terminal;
    private readonly CaptureSet? _captures;

    private HostEnds(PipeStream? input, PseudoTerminal? terminal, CaptureSet? captures)
    {
        _input = input;
        _terminal = terminal;
        _captures = captures;
    }

    /// <summary>Takes them from the pipes of the launch; what is captured is taken in from now on.</summary>
    /// <param name="pipes">Those of the launch.</param>
    /// <param name="jobControl">Whom to tell of a terminal.</param>
    /// <param name="error">Why a capture could not begin, or 0. What was taken is to be given up then.</param>
    internal static HostEnds Take(ref ChildPipes pipes, JobControl? jobControl, out int error)
    {
        var terminal = pipes.TakeTerminal();
        var input = pipes.TakeInput();
        if (terminal is not null)
        {
            // Before anything that it shows is passed on: whoever sees that can already type.
            jobControl?.TerminalStarted?.Invoke(input!, terminal);
        }

        return new HostEnds(input, terminal, CapturesOf(pipes, out error));
    }

    internal void GiveUp()
    {
        _captures?.GiveUp();
        _input?.Dispose();
        _terminal?.Dispose();
    }

    /// <summary>The child with its streams, for who asked for it.</summary>
    internal LaunchedProcess With(LaunchPlan plan, ref ChildPipes pipes, IManagedProcess child, ProcessRef process, GroupRef? ownGroup) =>
        new()
        {
            Process = process,
            Keeper = child,
            Pgid = SpawnCall.PgidOf(plan, process.Pid),
            Group = ownGroup ?? plan.JoinGroup?.Group,
            StandardInput = _input,
            StandardOutput = pipes.Output?.TakeReader(),
            StandardError = pipes.Error?.TakeReader(),
            Terminal = _terminal,
            Captures = _captures,
        };

    /// <summary>Who takes what is captured, under way; null for nothing.</summary>
    private static CaptureSet? CapturesOf(in ChildPipes pipes, out int error)
    {
        error = 0;
        if (pipes.Output is null && pipes.Error is null)
        {
            return null;
        }

        var set = new CaptureSet();
        var first = pipes.Output?.Collect(set);
        var second = pipes.Error?.Collect(set);
        if (first is null && second is null)
        {
            return null;
        }

        // Both are in the set before the first can end.
        set.Output = first;
        set.Error = second;
        error = first?.Begin() ?? 0;
        error = error == 0 ? second?.Begin() ?? 0 : error;
        return set;
    }
}
