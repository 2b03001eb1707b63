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

        CheckOutput(nameof(spawn.StandardOutput), spawn.StandardOutput, ref failures);
        CheckOutput(nameof(spawn.StandardError), spawn.StandardError, ref failures);
    }

    private static void CheckOutput(string member, StandardOutputConfig output, ref ShapeFailures failures)
    {
        if (output.Kind == StandardOutputKind.Pipe || output.Targets.Any(target => target?.Kind == StandardOutputKind.Pipe))
        {
            failures.Add(member, "can't be a pipe in a run: nobody could read it; capture it");
        }
        else if (output is { Kind: StandardOutputKind.Terminal, Targets.Count: 0 })
        {
            failures.Add(member, "can't be a terminal without targets in a run: nobody could read it; name a capture, say");
        }
    }
}
