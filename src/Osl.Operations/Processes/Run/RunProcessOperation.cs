using System.Text.Json.Serialization;

namespace Osl.Operations.Processes;

/// <summary>
/// Starts a program and completes when it has ended. What it leaves behind in a group of its own is ended too
/// (adr/0006-spawn-and-run.md). Judged as a start.
/// </summary>
public sealed record RunProcessOperation : IOperation<RunProcessResult>
{
    /// <summary>Runs exactly this spawn.</summary>
    /// <param name="spawn">What to start; not Detached, without pipes.</param>
    [JsonConstructor]
    public RunProcessOperation(SpawnProcessOperation spawn) => Spawn = spawn;

    /// <summary>Runs a program in a group of its own and captures what it writes.</summary>
    /// <param name="program">See <see cref="SpawnProcessOperation.Program"/>.</param>
    /// <param name="arguments">See <see cref="SpawnProcessOperation.Arguments"/>.</param>
    public RunProcessOperation(string program, ValueList<Argument> arguments = default)
        : this(new SpawnProcessOperation(program, arguments).WithNewProcessGroup().WithCapturedOutput()) { }

    /// <summary>What is started.</summary>
    public SpawnProcessOperation Spawn { get; init; }

    /// <summary>The program and its arguments, secrets masked.</summary>
    public override string ToString() => $"run {Spawn}";
}
