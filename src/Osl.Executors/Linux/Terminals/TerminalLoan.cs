using Osl.Executors.Registry;
using Osl.Interop.Linux;
using Osl.Operations;
using Osl.Operations.Processes;

namespace Osl.Executors.Linux;

/// <summary>
/// Our terminal, as it is lent to one child's group and taken back: the foreground, and the modes that belong to each.
/// </summary>
/// <remarks>
/// The foreground is only ever given away while it is ours, and only ever taken from the child, from what the child has started, or from
/// nobody: a shell that has put itself there meanwhile keeps it. Lent at birth it is the child itself that takes it, between its
/// fork and its exec, so that it can't come to run in the background first.
/// </remarks>
internal sealed class TerminalLoan : IDisposable
{
    private readonly Lock _gate = new();
    private readonly ControllingTerminal _terminal;
    private readonly int _owner = Libc.GetPgrp();
    private readonly byte[] _marker;
    private int _borrower;
    private byte[]? _ownModes;
    private byte[]? _borrowersModes;
    private bool _lent;
    private bool _over;

    private TerminalLoan(ControllingTerminal terminal, OperationId operation)
    {
        _terminal = terminal;
        _marker = GroupIdentity.MarkerOf(operation);
    }

    /// <summary>The descriptor by which the child takes the terminal; -1 when it does not.</summary>
    internal int BirthDescriptor { get; private init; } = -1;

    /// <summary>Whether our group is in the foreground.</summary>
    internal bool IsOurs
    {
        get
        {
            lock (_gate)
            {
                return !_over && _terminal.Foreground == _owner;
            }
        }
    }

    /// <summary>What a launch needs; null where it has no part in a terminal.</summary>
    /// <param name="plan">Says whether the terminal is lent at once.</param>
    /// <param name="later">Whether it may be lent later.</param>
    internal static TerminalLoan? Prepare(LaunchPlan plan, bool later)
    {
        var atBirth = plan.ForegroundTerminal && plan.StandardInput == StandardInputKind.Inherit;
        if (plan.OwnsSession || plan.Placement != ProcessGroupPlacement.NewGroup || !(atBirth || later))
        {
            return null;
        }

        if (ControllingTerminal.TryOpen() is not { } terminal)
        {
            return null;
        }

        atBirth &= terminal.IsOurs;
        if (!(atBirth || later))
        {
            terminal.Dispose();
            return null;
        }

        return new TerminalLoan(terminal, plan.Operation)
        {
            BirthDescriptor = atBirth ? terminal.Descriptor : -1,
            _lent = atBirth,
            _ownModes = atBirth ? terminal.ReadModes() : null,
        };
    }

    /// <summary>The child is there, in a group of its own.</summary>
    internal void Born(int pgid) => _borrower = pgid;

    /// <summary>Gives the child the terminal, with the modes it last had, if it is ours to give.</summary>
    internal bool TryLend()
    {
        lock (_gate)
        {
            if (_over || _terminal.Foreground != _owner)
            {
                return false;
            }

            // Anew each time: the shell sets what it wants before it continues a job.
            _ownModes = _terminal.ReadModes();
            _lent = _terminal.Give(_borrower);
            if (_lent)
            {
                _terminal.WriteModes(_borrowersModes);
            }

            return _lent;
        }
    }

    /// <summary>The child has stopped: keeps its modes, takes the terminal back and puts ours in force.</summary>
    /// <returns>Whether it had the terminal, and is to have it again.</returns>
    internal bool Suspend()
    {
        lock (_gate)
        {
            if (_over || !_lent)
            {
                return false;
            }

            var modes = _terminal.ReadModes();
            if (TakeBack())
            {
                _borrowersModes = modes;
                _terminal.WriteModes(_ownModes);
            }

            return true;
        }
    }

    /// <summary>The child has ended, or there never was one.</summary>
    /// <param name="restoreModes">
    /// Whether our modes are put back: not after an orderly end, since a program may be there to change them, as stty is.
    /// </param>
    internal void End(bool restoreModes)
    {
        lock (_gate)
        {
            if (_over)
            {
                return;
            }

            _over = true;
            if (_lent && TakeBack() && restoreModes)
            {
                _terminal.WriteModes(_ownModes);
            }

            _terminal.Dispose();
        }
    }

    public void Dispose() => End(restoreModes: false);

    /// <summary>Whether the foreground is ours afterwards.</summary>
    private bool TakeBack()
    {
        _lent = false;
        var now = _terminal.Foreground;
        return now == _owner || (now >= 0 && IsBorrowers(now) && _terminal.Give(_owner));
    }

    /// <summary>The child's group, one of what it has started (a shell's job, say), or one where nobody is alive.</summary>
    private bool IsBorrowers(int pgid)
    {
        if (pgid == 0 || pgid == _borrower)
        {
            return true;
        }

        var pids = PidList.Open();
        try
        {
            while (pids.MoveNext())
            {
                if (
                    Libc.GetPgid(pids.Current) == pgid
                    && ProcLine.TryRead(pids.Current, out var line)
                    && line.IsAlive
                    && !ProcFile.EnvironmentHolds(pids.Current, _marker)
                )
                {
                    return false;
                }
            }
        }
        finally
        {
            pids.Dispose();
        }

        return true;
    }
}
