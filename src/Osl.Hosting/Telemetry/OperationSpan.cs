using System.Diagnostics;
using Osl.Hosting.Pipeline;
using Osl.Operations;
using Osl.Operations.Processes;

namespace Osl.Hosting.Telemetry;

/// <summary>What is told of one operation; disposing it, when the operation is through, tells it.</summary>
internal sealed class OperationSpan(HostTelemetry telemetry, Activity? activity, string type, long startedTicks) : IDisposable
{
    internal string Type => type;

    internal long StartedTicks => startedTicks;

    internal string Outcome { get; private set; } = "faulted";

    /// <summary>Whether it was a spawn that made a group.</summary>
    internal bool MadeGroup { get; private set; }

    /// <summary>It has succeeded.</summary>
    internal void Succeeded<TResult>(OperationCall<TResult> call, ExecutionResult result)
        where TResult : ExecutionResult
    {
        Outcome = "succeeded";
        MadeGroup = result is SpawnProcessResult { Group: not null, IsGroupLeader: true };
        Tell(call);
        Tell(result);
    }

    /// <summary>It was refused, or has failed.</summary>
    internal void Failed<TResult>(OperationCall<TResult> call, OperationError error)
        where TResult : ExecutionResult
    {
        Outcome = error.Code;
        Tell(call);
        Tell((error as TimedOut)?.Partial ?? (error as StopFailed)?.Partial);
        Fail(error.Code);
    }

    /// <summary>Its handler threw.</summary>
    internal void Threw(Exception exception)
    {
        Outcome = exception is OperationCanceledException ? "cancelled" : "faulted";
        if (exception is not OperationCanceledException)
        {
            // The type only: an exception's message can hold anything.
            Fail(exception.GetType().FullName ?? exception.GetType().Name);
        }
    }

    public void Dispose()
    {
        activity?.SetTag(OslTelemetry.Outcome, Outcome);
        activity?.Dispose();
        telemetry.Ended(this);
    }

    private void Fail(string errorType)
    {
        activity?.SetTag("error.type", errorType);
        activity?.SetStatus(ActivityStatusCode.Error);
    }

    private void Tell<TResult>(OperationCall<TResult> call)
        where TResult : ExecutionResult
    {
        if (activity is not { IsAllDataRequested: true })
        {
            return;
        }

        if (call.Facts?.Executable is { } executable)
        {
            activity.SetTag("process.executable.name", Path.GetFileName(executable.Path));
            activity.SetTag("process.executable.path", executable.Path);
        }

        if (call.Decision is { } decision)
        {
            activity.SetTag(OslTelemetry.PolicyRule, decision.Rule);
        }
    }

    private void Tell(ExecutionResult? result)
    {
        if (activity is not { IsAllDataRequested: true })
        {
            return;
        }

        switch (result)
        {
            case SpawnProcessResult spawned:
                TellProcess(spawned.Pid, spawned.Pgid);
                break;
            case RunProcessResult run:
                TellProcess(run.Pid, run.Pgid);
                activity.SetTag("process.exit.code", run.ExitStatus.ExitCode);
                activity.SetTag("osl.exit.signal", run.ExitStatus.Signal?.Name);
                break;
            case StopResult { IsGroup: false } stopped:
                activity.SetTag("process.pid", stopped.TargetPid);
                break;
            case StopResult stopped:
                activity.SetTag("process.group_leader.pid", stopped.TargetPid);
                break;
            case ProcessSignalResult signalled:
                activity.SetTag(signalled.IsGroup ? "process.group_leader.pid" : "process.pid", signalled.TargetPid);
                break;
        }
    }

    private void TellProcess(int pid, int pgid)
    {
        activity!.SetTag("process.pid", pid);
        activity.SetTag("process.group_leader.pid", pgid);
    }
}
