using Osl.Interop.Linux;

namespace Osl.Cli.Output;

/// <summary>The terminal that standard output is, when it is one that tables can be laid out for.</summary>
/// <param name="Columns">How wide it is, in cells; more than 0.</param>
/// <param name="Colour">Whether it may be coloured (NO_COLOR, no-color.org).</param>
/// <param name="Rows">How high it is, in cells; 0 when it does not say.</param>
internal sealed record Screen(int Columns, bool Colour, int Rows = 0)
{
    private const nuint TIOCGWINSZ = 0x5413;

    /// <summary>
    /// The one that osl writes to; null when it writes into a file or a pipe, or to a terminal without a width or one that says of
    /// itself that it is dumb.
    /// </summary>
    internal static Screen? Of(CliIo io)
    {
        if (io.Variable("TERM") is null or "dumb" && !OperatingSystem.IsWindows())
        {
            return null;
        }

        var (columns, rows) = SizeOf(io.Out);
        return columns > 0 ? new Screen(columns, io.Variable("NO_COLOR") is null, rows) : null;
    }

    /// <summary>Not by System.Console, which would set the terminal up.</summary>
    private static unsafe (int Columns, int Rows) SizeOf(TextWriter output)
    {
        if (output is not StreamWriter { BaseStream: var stream })
        {
            return default;
        }

        if (OperatingSystem.IsWindows())
        {
            return Console.IsOutputRedirected ? default : (Console.WindowWidth, Console.WindowHeight);
        }

        // struct winsize: rows, columns, and two that nobody fills in.
        var size = stackalloc ushort[4];
        return stream is DescriptorStream && Libc.Ioctl(1, TIOCGWINSZ, (byte*)size) == 0 ? (size[1], size[0]) : default;
    }
}
