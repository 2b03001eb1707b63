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

    /// <summary>A file, with rotation.</summary>
    File,

    /// <summary>A pseudo-terminal.</summary>
    Terminal,
}

/// <summary>Where a child's standard output or error goes.</summary>
public sealed record StandardOutputConfig
{
    /// <summary>The bound of a capture that names none: 1 MiB.</summary>
    public const int DefaultCaptureLimit = 1024 * 1024;

    /// <summary>The largest bound of a capture: 1 GiB.</summary>
    public const int LargestCaptureLimit = 1024 * 1024 * 1024;

    /// <summary>The host's own.</summary>
    public static StandardOutputConfig Inherit { get; } = new();

    /// <summary>The null device.</summary>
    public static StandardOutputConfig Null { get; } = new() { Kind = StandardOutputKind.Null };

    /// <summary>A pipe.</summary>
    public static StandardOutputConfig Pipe { get; } = new() { Kind = StandardOutputKind.Pipe };

    /// <summary>For standard error: the same place as standard output (2>&amp;1).</summary>
    public static StandardOutputConfig SameAsOutput { get; } = new() { Kind = StandardOutputKind.SameAsOutput };

    /// <summary>Which.</summary>
    public StandardOutputKind Kind { get; init; }

    /// <summary>For a capture: how many bytes are kept, the first ones; 0 to 1 GiB. 0 stands for <see cref="DefaultCaptureLimit"/>.</summary>
    public int CaptureLimit { get; init; }

    /// <summary>For a file: its path.</summary>
    public string? File { get; init; }

    /// <summary>Kept in memory.</summary>
    /// <param name="limit">How many bytes, from 1 to 1 GiB; the first ones are kept.</param>
    public static StandardOutputConfig Capture(int limit = DefaultCaptureLimit) =>
        new() { Kind = StandardOutputKind.Capture, CaptureLimit = limit };
}
