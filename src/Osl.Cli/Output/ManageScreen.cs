using System.Globalization;
using System.Text;
using Osl.Hosting.Managing;
using Osl.Operations;
using Osl.Supervision;

namespace Osl.Cli.Output;

/// <summary>
/// What osl manage shows: on a terminal a table that is drawn over itself, else a line for each change. What processes write goes to standard
/// error, line by line. Thread-safe.
/// </summary>
internal sealed class ManageScreen(CliIo io, bool json) : IDisposable
{
    private readonly Lock _gate = new();
    private Table? _shown;
    private int _rows;
    private bool _isOver;

    /// <summary>Whether there is a table that is kept up to date.</summary>
    internal bool IsLive { get; } = !json && Screen.Of(io) is not null;

    internal static Table TableOf(IEnumerable<ProcessLine> lines)
    {
        var table = new Table(
            new Column("NAME"),
            new Column("STATE"),
            new Column("STATUS", Drop: 3),
            new Column("PID"),
            new Column("RESTARTS", Drop: 1),
            new Column("UP", Drop: 2),
            new Column("NOTE", Squeeze.Crop, Least: 8, Drop: 4)
        );
        foreach (var line in lines)
        {
            table.Add(
                line.Name,
                Cell.Of(
                    line.State,
                    line.State switch
                    {
                        "running" => Tone.Good,
                        "failed" or "abandoned" => Tone.Bad,
                        _ => Tone.Plain,
                    }
                ),
                line.Status,
                line.Pid?.ToString(CultureInfo.InvariantCulture) ?? "-",
                line.Restarts.ToString(CultureInfo.InvariantCulture),
                line.Pid is null ? "-" : Durations.Describe(TimeSpan.FromMilliseconds(line.UpMilliseconds)),
                line.Note.Length == 0 ? "-" : line.Note
            );
        }

        return table;
    }

    /// <summary>Draws the table, on a terminal.</summary>
    internal void Show(ProcessManager manager)
    {
        if (!IsLive)
        {
            return;
        }

        lock (_gate)
        {
            if (!_isOver)
            {
                Erase();
                _shown = TableOf(manager.All.Select(ProcessLine.Of));
                Draw();
            }
        }
    }

    /// <summary>Tells of a change, where there is no table.</summary>
    internal void Tell(Published<ProcessNotice> notice)
    {
        if (IsLive)
        {
            return;
        }

        lock (_gate)
        {
            if (json)
            {
                WriteJson(notice);
            }
            else if (notice.Event is { } change && change.State != change.Before)
            {
                io.Print(LineOf(change));
            }

            io.Out.Flush();
        }
    }

    /// <summary>What happens while everything is ended.</summary>
    internal async Task DrainAsync(Subscription<ProcessNotice> notices)
    {
        Finish();
        while (await notices.NextAsync().ConfigureAwait(false) is { } notice)
        {
            Tell(notice);
        }
    }

    private void Finish()
    {
        lock (_gate)
        {
            _isOver = true;
            Erase();
            io.Out.Flush();
        }
    }

    /// <summary>Where what a process writes goes.</summary>
    internal Stream WriterOf(string name) => new NamedLines(this, name);

    public void Dispose()
    {
        lock (_gate)
        {
            _isOver = true;
        }
    }

    private static string LineOf(ProcessNotice change)
    {
        var note = ProcessLine.NoteOf(change.Exit?.Status, change.Error?.Message);
        var pid =
            change.Process is { } process && change.State is LifecycleState.Running
                ? string.Create(CultureInfo.InvariantCulture, $" pid {process.Pid}")
                : "";
        return DisplayText.Escape($"{change.Name}: {ProcessLine.Word(change.State)}{pid}{(note.Length == 0 ? "" : $" ({note})")}");
    }

    private void WriteJson(Published<ProcessNotice> notice) =>
        Json.WriteObject(
            io.Out,
            output =>
            {
                output.WriteNumber("missed"u8, notice.Missed);
                if (notice.Event is { } change)
                {
                    output.WriteString("at"u8, change.At.UtcDateTime);
                    new ProcessLine(
                        change.Name,
                        ProcessLine.Word(change.State),
                        ProcessLine.Word(change.Status),
                        change.Process?.Pid,
                        change.Restarts,
                        0,
                        ProcessLine.NoteOf(change.Exit?.Status, change.Error?.Message)
                    ).WriteTo(output);
                }
            }
        );

    private void Line(string name, string text)
    {
        lock (_gate)
        {
            Erase();
            io.Out.Flush();
            io.WriteError($"{name}| {DisplayText.Escape(text)}\n");
            Draw();
        }
    }

    /// <summary>Up to where the table begins, and nothing from there (ECMA-48, CUU and ED).</summary>
    private void Erase()
    {
        if (_rows > 0)
        {
            io.Out.Write(string.Create(CultureInfo.InvariantCulture, $"\u001b[{_rows}A\u001b[J"));
            _rows = 0;
        }
    }

    private void Draw()
    {
        if (_shown is { } table && !_isOver)
        {
            table.WriteTo(io);
            _rows = table.Rows.Count + 1;
            io.Out.Flush();
        }
    }

    /// <summary>Cuts what is written into lines; a longer one than any terminal shows is cut.</summary>
    private sealed class NamedLines(ManageScreen screen, string name) : Stream
    {
        private const int Longest = 4096;

        private readonly Lock _gate = new();
        private readonly List<byte> _line = [];

        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            lock (_gate)
            {
                foreach (var letter in buffer)
                {
                    if (letter != (byte)'\n')
                    {
                        _line.Add(letter);
                    }

                    if (letter == (byte)'\n' || _line.Count >= Longest)
                    {
                        screen.Line(name, Encoding.UTF8.GetString([.. _line]).TrimEnd('\r'));
                        _line.Clear();
                    }
                }
            }
        }

        public override void Flush() { }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
