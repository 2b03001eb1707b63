namespace Osl.Operations.Processes;

/// <summary>The shape of a <see cref="RunProcessOperation"/>: a spawn that ends, and whose streams need nobody at the other end.</summary>
internal sealed class RunProcessValidator : ShapeValidator<RunProcessOperation>
{
    /// <inheritdoc/>
    protected override void Check(RunProcessOperation operation, ref ShapeFailures failures)
    {
        if (operation.Spawn is not { } spawn)
        {
            failures.Add(nameof(operation.Spawn), "is missing");
            return;
        }

        failures.Prefix = nameof(operation.Spawn) + ".";
        SpawnProcessValidator.CheckSpawn(spawn, ref failures);
        if (spawn.Lifetime == ProcessLifetime.Detached)
        {
            failures.Add(nameof(spawn.Lifetime), "can't be Detached in a run, which waits for the end; use a spawn");
        }

        if (spawn.StandardInput == StandardInputKind.Pipe)
        {
            failures.Add(nameof(spawn.StandardInput), "can't be a pipe in a run: nobody could write to it; use a spawn");
        }

        if (spawn.StandardOutput.Kind == StandardOutputKind.Pipe)
        {
            failures.Add(nameof(spawn.StandardOutput), "can't be a pipe in a run: nobody could read it; capture it");
        }

        if (spawn.StandardError.Kind == StandardOutputKind.Pipe)
        {
            failures.Add(nameof(spawn.StandardError), "can't be a pipe in a run: nobody could read it; capture it");
        }
    }
}
