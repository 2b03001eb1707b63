namespace Osl.Operations.Processes;

/// <summary>Where a child's standard output or error goes.</summary>
public sealed record StandardOutputConfig
{
    /// <summary>The bound of a capture that names none: 1 MiB.</summary>
    public const int DefaultCaptureLimit = 1024 * 1024;

    /// <summary>The largest bound of a capture: 1 GiB.</summary>
    public const int LargestCaptureLimit = 1024 * 1024 * 1024;

    /// <summary>The mode of a file that is made, where none is named: its owner reads and writes, nobody else (0600).</summary>
    public const int DefaultFileMode = 0x180;

    /// <summary>The longest path of a file, in characters (PATH_MAX of Linux).</summary>
    public const int LongestFile = 4096;

    /// <summary>The smallest size at which a file is rotated: 4 KiB.</summary>
    public const long SmallestRotateSize = 4096;

    /// <summary>The largest size at which a file is rotated: 1 TiB.</summary>
    public const long LargestRotateSize = 1L << 40;

    /// <summary>How many older files are kept where nothing is said of it.</summary>
    public const int DefaultRotateCount = 5;

    /// <summary>How many older files can be kept.</summary>
    public const int LargestRotateCount = 1000;

    /// <summary>How many targets one stream can have.</summary>
    public const int MostTargets = 8;

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

    /// <summary>
    /// For a file: its path; a relative one is taken from the working directory of the process. Its directory has to be there and to be
    /// trusted (knowledge/trusted-paths.md), and the file, where it is there, a regular one with no other name; links are not followed.
    /// </summary>
    public string? File { get; init; }

    /// <summary>
    /// For a file: its mode when it is made, whatever the umask; bits of 0644 (octal), the owner's right to write among them. Null stands
    /// for <see cref="DefaultFileMode"/>. One that is there keeps its own.
    /// </summary>
    public int? FileMode { get; init; }

    /// <summary>
    /// For a file: it never grows beyond so many bytes, 4 KiB to 1 TiB; 0 for no rotation. What does not fit goes to a new one, parted at
    /// the end of a line where there is one; the old one is called FILE.1, the one before FILE.2.
    /// </summary>
    public long RotateSize { get; init; }

    /// <summary>
    /// For a file that is rotated: how many older ones are kept, 1 to 1,000; 0 stands for <see cref="DefaultRotateCount"/>.
    /// </summary>
    public int RotateCount { get; init; }

    /// <summary>
    /// For a tee, two to eight; for a terminal, up to eight. Each is a file, and once each a pipe, a capture, or the host's own.
    /// </summary>
    public ValueList<StandardOutputConfig> Targets { get; init; }

    /// <summary>For a terminal: its size as the program starts; null stands for <see cref="TerminalSize.Default"/>.</summary>
    public TerminalSize? TerminalSize { get; init; }

    /// <summary>Kept in memory.</summary>
    /// <param name="limit">How many bytes, from 1 to 1 GiB; the first ones are kept.</param>
    public static StandardOutputConfig Capture(int limit = DefaultCaptureLimit) =>
        new() { Kind = StandardOutputKind.Capture, CaptureLimit = limit };

    /// <summary>Appended to a file, by the program itself.</summary>
    /// <param name="path">See <see cref="File"/>.</param>
    /// <param name="mode">See <see cref="FileMode"/>.</param>
    public static StandardOutputConfig ToFile(string path, int? mode = null) =>
        new()
        {
            Kind = StandardOutputKind.File,
            File = path,
            FileMode = mode,
        };

    /// <summary>Appended to a file that is rotated by size.</summary>
    /// <param name="path">See <see cref="File"/>.</param>
    /// <param name="size">In bytes; see <see cref="RotateSize"/>.</param>
    /// <param name="count">See <see cref="RotateCount"/>.</param>
    /// <param name="mode">See <see cref="FileMode"/>.</param>
    public static StandardOutputConfig ToRotatedFile(string path, long size, int count = DefaultRotateCount, int? mode = null) =>
        ToFile(path, mode) with
        {
            RotateSize = size,
            RotateCount = count,
        };

    /// <summary>Several places at once.</summary>
    /// <param name="targets">See <see cref="Targets"/>.</param>
    public static StandardOutputConfig Tee(params ReadOnlySpan<StandardOutputConfig> targets) =>
        new() { Kind = StandardOutputKind.Tee, Targets = ValueList.Create(targets) };

    /// <summary>A pseudo-terminal.</summary>
    /// <param name="size">See <see cref="TerminalSize"/>.</param>
    /// <param name="targets">Where it goes; none to read it.</param>
    public static StandardOutputConfig Terminal(TerminalSize? size = null, params ReadOnlySpan<StandardOutputConfig> targets) =>
        new()
        {
            Kind = StandardOutputKind.Terminal,
            TerminalSize = size,
            Targets = ValueList.Create(targets),
        };
}
