using System.Globalization;
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
    private IReadOnlyList<ProcessLine>? _shown;
    private Screen? _drawnOn;
    private int _rows;
    private bool _isOver;

    /// <summary>Whether there is a table that is kept up to date.</summary>
    internal bool IsLive { get; } = !json && Screen.Of(io) is not null;

    /// <summary>The processes, a row each.</summary>
    /// <param name="lines">What is told of each.</param>
    /// <param name="fit">How much may be left out or cut off for it to fit.</param>
    internal static Table TableOf(IEnumerable<ProcessLine> lines, Fit fit = Fit.WithPids)
    {
        var table = new Table(
            new Column("NAME", fit == Fit.WithParts ? Squeeze.Crop : Squeeze.Never, Least: 10),
            new Column("STATE", Drop: fit == Fit.WithPids ? 0 : 1),
            new Column("STATUS", Drop: 5),
            new Column("PID", Drop: fit == Fit.WithPids ? 0 : 2),
            new Column("RESTARTS", Drop: 3),
            new Column("UP", Drop: 4),
            new Column("NOTE", Squeeze.Crop, Least: 8, Drop: 6)
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

    /// <summary>How much of a table may be left out or cut off for it to fit.</summary>
    internal enum Fit
    {
        /// <summary>Whoever it is shown to can name each process in a command: as a last resort lines go on in the next.</summary>
        WithPids,

        /// <summary>The names are whole.</summary>
        WithNames,

        /// <summary>Of the names what there is room for.</summary>
        WithParts,
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
                _shown = [.. manager.All.Select(ProcessLine.Of)];
                Draw();
            }
        }
    }

    /// <summary>Tells of a change, where there is no table, or none any more.</summary>
    internal void Tell(Published<ProcessNotice> notice)
    {
        lock (_gate)
        {
            if (IsLive && !_isOver)
            {
                return;
            }

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
            if (IsLive)
            {
                // Whoever looks on has pressed Ctrl-C, and an end may take as long as a stop sequence.
                io.Print("ending; again to kill who is left");
            }

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

    /// <summary>Up to where the table begins, and nothing from there (ECMA-48, CUU, CUP and ED).</summary>
    private void Erase()
    {
        if (_rows == 0)
        {
            return;
        }

        // From the first column: what is typed is echoed, Ctrl-C as ^C.
        // Some terminals break lines anew when their size changes and some don't: where the table begins is not known any more.
        io.Out.Write(
            Screen.Of(io) == _drawnOn ? string.Create(CultureInfo.InvariantCulture, $"\r\u001b[{_rows}A\u001b[J") : "\u001b[H\u001b[J"
        );
        _rows = 0;
    }

    private void Draw()
    {
        if (_shown is not { } lines || _isOver || Screen.Of(io) is not { } screen)
        {
            return;
        }

        // Beside the header, a line for who has no room, and the one that the cursor is in: what has been scrolled out can't be drawn over.
        var room = screen.Rows == 0 ? lines.Count : Math.Max(1, screen.Rows - 3);
        var left = lines.Count - room;
        var shown = lines.Take(left == 1 ? lines.Count : room).ToArray();
        // A line that goes on in the next could not be drawn over.
        if (
            !ScreenTable.TryWrite(io.Out, screen, TableOf(shown, Fit.WithNames))
            && !ScreenTable.TryWrite(io.Out, screen, TableOf(shown, Fit.WithParts))
        )
        {
            return;
        }

        _rows = lines.Count + 1;
        if (left > 1)
        {
            var more = string.Create(CultureInfo.InvariantCulture, $"… {left} more");
            io.Out.Write($"{more[..Math.Min(more.Length, screen.Columns)]}\n");
            _rows = room + 2;
        }

        _drawnOn = screen;
        io.Out.Flush();
    }

    private sealed class NamedLines(ManageScreen screen, string name) : LineStream
    {
        protected override void OnLine(string line) => screen.Line(name, line);
    }
}
