using Osl.Executors.Streams;
using Osl.Operations;
using Osl.Operations.Facts;
using Osl.Operations.Processes;

namespace Osl.Executors.Handlers;

/// <summary>Starts programs.</summary>
internal sealed class SpawnProcessHandler(HandlerServices services) : IOperationHandler<SpawnProcessOperation, SpawnProcessResult>
{
    public ValueTask<OneOf<Prepared<SpawnProcessResult>, OperationError>> PrepareAsync(
        SpawnProcessOperation operation,
        OperationPreparation preparation,
        CancellationToken cancellationToken
    ) =>
        ValueTask.FromResult<OneOf<Prepared<SpawnProcessResult>, OperationError>>(
            Prepare(operation, preparation).TryPickT0(out var launch, out var error) ? new PreparedSpawn(launch) : error
        );

    /// <summary>Resolves everything a launch needs; a run is prepared the same way.</summary>
    internal OneOf<SpawnPreparation, OperationError> Prepare(SpawnProcessOperation operation, OperationPreparation preparation)
    {
        if (UnsupportedParts.FirstOf(operation) is { } unsupported)
        {
            return unsupported;
        }

        if (services.Platform.PrepareContext(operation).TryPickT1(out var notHere, out var context))
        {
            return notHere;
        }

        if (WorkingDirectory.Resolve(operation.WorkingDirectory).TryPickT1(out var missing, out var directory))
        {
            return missing;
        }

        if (FindInput(operation, preparation.Context, out var inputFrom) is { } noInput)
        {
            return noInput;
        }

        GroupLease? join = null;
        if (operation.ProcessGroup is { Placement: ProcessGroupPlacement.JoinGroup, Target: { } target })
        {
            if (services.HoldGroup(target).TryPickT1(out var refused, out join))
            {
                return refused;
            }
        }

        if (
            services
                .Platform.OpenExecutable(operation.Program, directory, preparation.SecurePath)
                .TryPickT1(out var notRunnable, out var executable)
        )
        {
            join?.Dispose();
            return notRunnable;
        }

        if (services.Platform.HoldStreams(operation, directory).TryPickT1(out var noStreams, out var streams))
        {
            executable.Dispose();
            join?.Dispose();
            return noStreams;
        }

        var facts = (join is null ? OperationFacts.None : Targets.FactsOf(join, preparation.Context)) with
        {
            Executable = executable.Examine(preparation.WantsDigest(executable.Facts.CanonicalPath)),
            WorkingDirectory = directory,
            RealWorkingDirectory = executable.RealWorkingDirectory,
            EnvironmentNames = services.Environment.Names(operation.Environment),
            RunAs = context.Facts,
            Paths = streams.Paths,
        };
        if (context.ElevationReason is { } reason)
        {
            facts = facts with { RequiresElevation = true, ElevationReason = facts.ElevationReason ?? reason };
        }

        return new SpawnPreparation(services, operation, facts, executable, join, streams)
        {
            Account = context.Account,
            InputFrom = inputFrom,
        };
    }

    /// <param name="operation">The spawn.</param>
    /// <param name="context">For whom.</param>
    /// <param name="stream">The output that becomes its input; null where the input is of another kind.</param>
    private NotFound? FindInput(SpawnProcessOperation operation, OperationContext context, out Stream? stream)
    {
        stream = null;
        if (operation.StandardInput != StandardInputKind.Process)
        {
            return null;
        }

        stream = services.Live.OutputOf(operation.InputFrom!.Value, context.Principal);
        // One answer for what is not there and what is somebody else's: no oracle.
        return stream is not null
            ? null
            : new NotFound(
                $"output of operation {operation.InputFrom} that could be read",
                "Name a spawn of this host and of the same principal with a pipe as its standard output, whose live view was not disposed."
            );
    }
}

/// <summary>A spawn whose program is open and whose group is held.</summary>
internal sealed class SpawnPreparation(
    HandlerServices services,
    SpawnProcessOperation operation,
    OperationFacts facts,
    ExecutableLease executable,
    GroupLease? join,
    StreamLease streams
) : IDisposable
{
    /// <summary>Another process's output, which is to be the input.</summary>
    internal Stream? InputFrom { get; init; }

    internal SpawnProcessOperation Operation => operation;

    internal OperationFacts Facts => facts;

    /// <summary>Whom it runs as, looked up; null for the host's own account.</summary>
    internal LaunchAccount? Account { get; init; }

    /// <param name="scope">The call.</param>
    /// <param name="announce">Whether the start is told by a record of its own: a run's outcome comes only at its end.</param>
    internal OneOf<RunningProcess, OperationError> Launch(OperationScope scope, bool announce)
    {
        var session =
            operation.DetachFromTerminal || operation.Lifetime == ProcessLifetime.Detached || operation.Containment == Containment.Session;
        var plan = new LaunchPlan
        {
            Operation = scope.Id,
            Context = scope.Context,
            Executable = executable,
            Arguments = [operation.Program, .. operation.Arguments.Select(argument => argument.Value)],
            Environment = services.Environment.Entries(
                operation.Environment,
                scope.Id,
                scope.Decision.DropVariables,
                scope.Decision.ChildPath
            ),
            ByRealPath = scope.Decision.ByRealPath,
            WorkingDirectory = facts.WorkingDirectory!,
            // A containment is a minimum: where the placement gives less, it is raised.
            Placement =
                operation.Containment != Containment.None && operation.ProcessGroup.Placement == ProcessGroupPlacement.Inherit
                    ? ProcessGroupPlacement.NewGroup
                    : operation.ProcessGroup.Placement,
            JoinGroup = join,
            NewSession = session,
            ForegroundTerminal = operation.ForegroundTerminal,
            Lifetime = operation.Lifetime,
            StandardInput = operation.StandardInput,
            InputText = operation.InputText,
            InputFrom = InputFrom,
            Streams = streams,
            StandardOutput = operation.StandardOutput,
            StandardError = operation.StandardError,
            Nice = operation.Nice,
            CpuAffinity = operation.CpuAffinity,
            Limits = operation.Limits,
            Account = Account,
            Privileges = operation.Privileges,
            IoPriority = operation.IoPriority,
            Umask = operation.Umask,
            Containment = operation.Containment,
        };
        if (services.Platform.Launch(plan).TryPickT1(out var error, out var launched))
        {
            return error;
        }

        var running = new RunningProcess(services, launched, scope, operation) { IsRun = announce };
        if (announce)
        {
            services.Observer.OnStarted(scope.Id, scope.Context, running.Process, running.Pgid);
        }

        running.Observe();
        return running;
    }

    public void Dispose()
    {
        executable.Dispose();
        join?.Dispose();
        streams.Dispose();
    }
}

internal sealed class PreparedSpawn(SpawnPreparation preparation) : Prepared<SpawnProcessResult>(preparation.Facts)
{
    public override ValueTask<OneOf<SpawnProcessResult, OperationError>> ExecuteAsync(
        OperationScope scope,
        CancellationToken cancellationToken
    )
    {
        // posix_spawn can't be interrupted: until it is called the caller may cancel, once it is called there is a result.
        cancellationToken.ThrowIfCancellationRequested();
        return ValueTask.FromResult<OneOf<SpawnProcessResult, OperationError>>(
            preparation.Launch(scope, announce: false).TryPickT0(out var running, out var error)
                ? new SpawnProcessResult(running.Process, running.Pgid)
                {
                    Group = running.Group,
                    JobId = running.JobId,
                    DroppedVariables = scope.Decision.DropVariables,
                    Live = running,
                }
                : error
        );
    }

    protected override void Dispose(bool disposing)
    {
        preparation.Dispose();
        base.Dispose(disposing);
    }
}
