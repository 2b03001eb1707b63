namespace Osl.Operations.Processes;

/// <summary>The size of a terminal, in characters.</summary>
/// <param name="Columns">1 to 65,535.</param>
/// <param name="Rows">1 to 65,535.</param>
public sealed record TerminalSize(int Columns, int Rows)
{
    /// <summary>The largest number of columns or rows (struct winsize, ioctl_tty(2)).</summary>
    public const int Largest = ushort.MaxValue;

    /// <summary>80 by 24.</summary>
    public static TerminalSize Default { get; } = new(80, 24);
}
