using System.Text;
using Osl.Hosting;
using Osl.Operations;
using Osl.Operations.Processes;

namespace Osl.Cli.Output;

/// <summary>
/// The file in which osl run tells other programs what it has started: one line of JSON, written when the program runs. Opened
/// before, so that a file that can't be written refuses the run instead of leaving it without its ids; a FIFO waits for its reader.
/// What was in it stays until then: a run that is refused changes nothing. A file that holds something else than such a line is not
/// written: a name that was mistaken must not cost anybody a journal.
/// </summary>
internal sealed class IdFile : IProcessObserver, IDisposable
{
    /// <summary>How each such line begins: what <see cref="Json.WriteObject"/> puts first, and the first member of ours.</summary>
    private static ReadOnlySpan<byte> Beginning => "{\"version\":1,\"operation\":\""u8;

    private readonly FileStream _file;
    private readonly CliIo _io;

    private IdFile(FileStream file, CliIo io)
    {
        _file = file;
        _io = io;
    }

    /// <summary>Opens it; null when none was asked for.</summary>
    /// <exception cref="OslConfigurationException">It can't be written.</exception>
    internal static IdFile? Open(string? path, CliIo io)
    {
        if (path is null)
        {
            return null;
        }

        GlobalOptions.RefuseToWrite("--id-file", "Leave it out; 'osl run --json --detach' and 'osl ps --json' print the ids.");
        FileStream? file = null;
        try
        {
            file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
            if (file.CanSeek && file.Length > 0 && !HoldsIds(path))
            {
                throw new IOException("it is there and holds something else than ids.");
            }

            return new IdFile(file, io);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            file?.Dispose();
            throw new OslConfigurationException($"The ids can't be written to '{path}': {e.Message}", "Name another file with --id-file.");
        }
    }

    private static bool HoldsIds(string path)
    {
        using var file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        Span<byte> start = stackalloc byte[Beginning.Length];
        return RandomAccess.Read(file, start, 0) == start.Length && start.SequenceEqual(Beginning);
    }

    /// <summary>Writes the line. When that fails it is told, and the program runs on.</summary>
    internal void Write(OperationId operation, int pid, int pgid)
    {
        using var line = new StringWriter();
        Json.WriteObject(
            line,
            json =>
            {
                json.WriteString("operation"u8, operation.ToString());
                json.WriteNumber("pid"u8, pid);
                json.WriteNumber("pgid"u8, pgid);
            }
        );
        try
        {
            if (_file.CanSeek)
            {
                _file.SetLength(0);
            }

            _file.Write(Encoding.ASCII.GetBytes(line.ToString()));
            // The end of the file, for whoever reads a FIFO to its end.
            _file.Dispose();
        }
        catch (IOException e)
        {
            _io.Tell($"The ids could not be written: {e.Message}");
        }
    }

    public void OnStarted(OperationId operation, OperationContext context, ProcessRef process, int pgid) =>
        Write(operation, process.Pid, pgid);

    public void OnExited(OperationId operation, OperationContext context, ProcessExit exit, int pgid) { }

    public void Dispose() => _file.Dispose();
}
