using System.Text;
using Osl.Executors.Linux;
using Osl.Interop.Linux;
using Osl.Operations;
using Osl.Operations.Policies;
using Osl.Operations.Processes;

namespace Osl.Cli.Policies;

/// <summary>
/// Asks whoever sits at the terminal, /dev/tty, whatever standard input is. What was typed before the question is thrown away: it was
/// no answer to it. Without a terminal, from the background, and after two minutes the answer is no.
/// </summary>
/// <remarks>The program does not run yet: nobody else reads that terminal, unless osl is in the background, where it does not ask.</remarks>
internal sealed class TerminalApprover(TimeProvider time) : IApprover
{
    private const nuint TCFLSH = 0x540B;
    private const int MostTyped = 256;
    private const int Slice = 100;

    /// <summary>How long an answer is waited for.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    public ValueTask<Approval> ApproveAsync(ApprovalRequest request, CancellationToken cancellationToken) =>
        OperatingSystem.IsWindows()
            ? ValueTask.FromResult(Refused("osl can't ask on this platform"))
            : new ValueTask<Approval>(Task.Run(() => Ask(request, cancellationToken), CancellationToken.None));

    /// <summary>What is asked: everything that was judged, escaped, a line each.</summary>
    internal static string Question(ApprovalRequest request)
    {
        var text = new StringBuilder();
        Line("osl: approval required by rule", $"{request.Decision.Rule}: {request.Decision.Because}");
        Line("  asked for by", request.Context.Principal.ToString());
        Line("  reason", request.Context.Reason);
        var spawn = request.Operation is RunProcessOperation run ? run.Spawn : request.Operation as SpawnProcessOperation;
        if (spawn is null)
        {
            Line("  operation", request.Operation.ToString());
        }
        else
        {
            Line("  program", request.Facts.Executable?.CanonicalPath);
            Line("  asked for as", spawn.Program);
            foreach (var argument in Redaction.MaskArguments(spawn.Arguments))
            {
                Line("  argument", $"'{argument}'");
            }

            Line("  directory", request.Facts.RealWorkingDirectory ?? request.Facts.WorkingDirectory);
            Line("  variables set", string.Join(' ', spawn.Environment.Set.Select(variable => variable.Name)));
            Line("  as", request.Facts.RunAs?.User.Name);
        }

        if (request.Facts.Target is { } target)
        {
            Line("  target", $"{(target.IsGroup ? "group" : "process")} {target.Id}, {target.Relation}");
        }

        return text.Append("Allow this once? [y/N] ").ToString();

        void Line(string what, string? value)
        {
            if (!string.IsNullOrEmpty(value))
            {
                text.Append(what).Append(": ").Append(DisplayText.Escape(value)).Append('\n');
            }
        }
    }

    private Approval Ask(ApprovalRequest request, CancellationToken cancellationToken)
    {
        using var terminal = ControllingTerminal.TryOpen();
        if (terminal is null)
        {
            return Refused("there is no terminal to ask on");
        }

        if (!terminal.IsOurs)
        {
            return Refused("osl is in the background, and can't ask on the terminal");
        }

        Flush(terminal.Descriptor);
        if (!Write(terminal.Descriptor, Question(request)))
        {
            return Refused("the terminal can't be written to");
        }

        var by = $"{Environment.UserName} at the terminal";
        return ReadLine(terminal.Descriptor, cancellationToken) switch
        {
            null => Refused("nobody answered"),
            var line when line.Trim().ToUpperInvariant() is "Y" or "YES" => new Approval(Granted: true, by, "answered yes"),
            _ => new Approval(Granted: false, by, "the answer was no."),
        };
    }

    private static Approval Refused(string because) => new(Granted: false, "osl", because + ".");

    private static unsafe void Flush(int terminal) => _ = Libc.Ioctl(terminal, TCFLSH, null);

    private static unsafe bool Write(int terminal, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        fixed (byte* start = bytes)
        {
            for (var done = 0; done < bytes.Length; )
            {
                var written = Libc.Write(terminal, start + done, bytes.Length - done);
                if (written < 0 && Libc.LastError == Errno.EINTR)
                {
                    continue;
                }

                if (written <= 0)
                {
                    return false;
                }

                done += (int)written;
            }
        }

        return true;
    }

    // Null when nobody answers: the time is over, the terminal has hung up, or what is typed is no line.
    private unsafe string? ReadLine(int terminal, CancellationToken cancellationToken)
    {
        var began = time.GetTimestamp();
        var typed = stackalloc byte[MostTyped];
        var length = 0;
        while (length < MostTyped && time.GetElapsedTime(began) < Patience)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (!Descriptor.WaitReadable(terminal, Slice))
            {
                continue;
            }

            var read = Libc.Read(terminal, typed + length, MostTyped - length);
            if (read < 0 && Libc.LastError == Errno.EINTR)
            {
                continue;
            }

            if (read <= 0)
            {
                return null;
            }

            length += (int)read;
            var line = new ReadOnlySpan<byte>(typed, length);
            if (line.IndexOfAny((byte)'\n', (byte)'\r') is >= 0 and var end)
            {
                return Encoding.UTF8.GetString(line[..end]);
            }
        }

        return null;
    }
}
