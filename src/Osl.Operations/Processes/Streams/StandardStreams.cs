using System.Text.Json.Serialization;

namespace Osl.Operations.Processes;

/// <summary>Where a child's standard input comes from.</summary>
[JsonConverter(typeof(SnakeCaseEnumConverter<StandardInputKind>))]
public enum StandardInputKind
{
    /// <summary>Nowhere: the null device. The default, since a background group that reads a terminal is stopped.</summary>
    Null,

    /// <summary>The host's own.</summary>
    Inherit,

    /// <summary>A pipe that the caller writes to (<see cref="IRunningProcess.StandardInput"/>).</summary>
    Pipe,

    /// <summary>A text (<see cref="SpawnProcessOperation.InputText"/>), then the end of input.</summary>
    Text,

    /// <summary>
    /// The output of another process of this host (<see cref="SpawnProcessOperation.InputFrom"/>), by the pipe itself: nobody stands between.
    /// </summary>
    Process,

    /// <summary>
    /// The pseudo-terminal that standard output is, to which the caller types (<see cref="IRunningProcess.StandardInput"/>).
    /// </summary>
    Terminal,
}

/// <summary>Where a child's standard output or error goes.</summary>
[JsonConverter(typeof(SnakeCaseEnumConverter<StandardOutputKind>))]
public enum StandardOutputKind
{
    /// <summary>The host's own: the default.</summary>
    Inherit,

    /// <summary>Nowhere: the null device.</summary>
    Null,

    /// <summary>A pipe that the caller reads (<see cref="IRunningProcess.StandardOutput"/>); a slow reader holds the child back.</summary>
    Pipe,

    /// <summary>Kept in memory up to a bound; what is beyond is read, counted and dropped, so that the child is never held back.</summary>
    Capture,

    /// <summary>For standard error only: the same place as standard output.</summary>
    SameAsOutput,

    /// <summary>
    /// A file, to which it is appended. Without rotation the child writes there itself; with rotation the host does it, from a pipe.
    /// </summary>
    File,

    /// <summary>
    /// For standard output: a pseudo-terminal, the controlling terminal of a session of its own. What the program writes there goes to
    /// <see cref="StandardOutputConfig.Targets"/>, or can be read (<see cref="IRunningProcess.StandardOutput"/>) where none is named.
    /// </summary>
    Terminal,

    /// <summary>
    /// Several places at once (<see cref="StandardOutputConfig.Targets"/>), by the host, from a pipe: the slowest holds the child back.
    /// </summary>
    Tee,
}
