using Osl.Operations;
using Osl.Operations.Processes;

namespace Osl.Tests.Integration.Contract;

/// <summary>A program that a test starts, and its arguments.</summary>
/// <param name="Program">Absolute.</param>
/// <param name="Arguments">Its arguments.</param>
public sealed record Child(string Program, ValueList<Argument> Arguments = default)
{
    /// <summary>To be started with nothing said but what it is.</summary>
    public SpawnProcessOperation Spawn() => new(Program, Arguments);

    /// <summary>To be run, with what it writes captured.</summary>
    public RunProcessOperation Run() => new(Program, Arguments);
}
