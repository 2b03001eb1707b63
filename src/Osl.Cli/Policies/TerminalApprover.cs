using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Osl.Executors.Linux;
using Osl.Operations;
using Osl.Operations.Policies;
using Osl.Operations.Processes;

namespace Osl.Cli.Policies;

/// <summary>
/// Asks whoever sits at the terminal, /dev/tty, whatever standard input is. What was typed before the question is thrown away: it was
/// no answer to it. Without a terminal, from the background, and after two minutes the answer is no.
/// </summary>
/// <remarks>The program does not run yet: nobody else reads that terminal, unless osl is in the background, where it does not ask.</remarks>
internal sealed partial class TerminalApprover(TimeProvider time) : IApprover
{
    /// <summary>What <see cref="DisplayText"/> shows without cutting it off.</summary>
    private const int LongestArgument = 1000;

    /// <summary>How long an answer is waited for.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    public ValueTask<Approval> ApproveAsync(ApprovalRequest request, CancellationToken cancellationToken) =>
        OperatingSystem.IsWindows()
            ? ValueTask.FromResult(Refused("osl can't ask on this platform"))
            : new ValueTask<Approval>(Task.Run(() => Ask(request, cancellationToken), CancellationToken.None));

    /// <summary>
    /// Why a start can't be shown whole, and so not be approved here: who says yes says it to what runs, and not to a part of it. Null
    /// where it can.
    /// </summary>
    internal static string? Unseen(ApprovalRequest request)
    {
        if (SpawnOf(request) is not { } spawn)
        {
            return null;
        }

        var shown = Redaction.MaskArguments(spawn.Arguments);
        for (var i = 0; i < spawn.Arguments.Count; i++)
        {
            if (spawn.Arguments[i].IsSecret || !shown[i].Equals(spawn.Arguments[i]))
            {
                return string.Create(
                    CultureInfo.InvariantCulture,
                    $"argument {i + 1} holds what may be a secret, and can't be shown; give secrets in a file"
                );
            }

            if (spawn.Arguments[i].Value.Length > LongestArgument)
            {
                return string.Create(
                    CultureInfo.InvariantCulture,
                    $"argument {i + 1} is longer than the {LongestArgument} characters that can be shown; give it in a file"
                );
            }
        }

        return null;
    }

    /// <summary>What is asked: what was judged, escaped, a line each; of variables that are set only their names.</summary>
    internal static string Question(ApprovalRequest request)
    {
        var text = new StringBuilder();
        Line("osl: approval required by rule", $"{request.Decision.Rule}: {request.Decision.Because}");
        Line("  asked for by", request.Context.Principal.ToString());
        Line("  reason", request.Context.Reason);
        var spawn = SpawnOf(request);
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
            Line("  lives on without osl", spawn.Lifetime == ProcessLifetime.Detached ? "yes" : null);
        }

        if (request.Facts.Target is { } target)
        {
            Line("  target", $"{(target.IsGroup ? "group" : "process")} {target.Id}, {target.Relation}");
        }

        // Once more, below whatever the arguments may look like.
        Line("  all of this is for", request.Facts.Executable?.CanonicalPath);
        return text.Append("Allow this once? [y/N] ").ToString();

        void Line(string what, string? value)
        {
            if (!string.IsNullOrEmpty(value))
            {
                text.Append(what).Append(": ").Append(Blanks().Replace(DisplayText.Escape(value), Counted)).Append('\n');
            }
        }
    }

    private static SpawnProcessOperation? SpawnOf(ApprovalRequest request) =>
        request.Operation is RunProcessOperation run ? run.Spawn : request.Operation as SpawnProcessOperation;

    // Enough of them would begin what looks like a line of ours.
    private static string Counted(Match blanks) => string.Create(CultureInfo.InvariantCulture, $"‹{blanks.Length} blanks›");

    [GeneratedRegex(@"\s{3,}", RegexOptions.NonBacktracking)]
    private static partial Regex Blanks();

    private Approval Ask(ApprovalRequest request, CancellationToken cancellationToken)
    {
        if (Unseen(request) is { } unseen)
        {
            return Refused(unseen);
        }

        using var terminal = ControllingTerminal.TryOpen();
        if (terminal is null)
        {
            return Refused("there is no terminal to ask on");
        }

        if (!terminal.IsOurs)
        {
            return Refused("osl is in the background, and can't ask on the terminal");
        }

        terminal.DiscardInput();
        if (!terminal.TryWrite(Question(request)))
        {
            return Refused("the terminal can't be written to");
        }

        var by = $"{Environment.UserName} at the terminal";
        return terminal.ReadLine(time, Patience, cancellationToken) switch
        {
            null => Refused("nobody answered"),
            var line when line.Trim().ToUpperInvariant() is "Y" or "YES" => new Approval(Granted: true, by, "answered yes"),
            _ => new Approval(Granted: false, by, "the answer was no."),
        };
    }

    private static Approval Refused(string because) => new(Granted: false, "osl", because + ".");
}
