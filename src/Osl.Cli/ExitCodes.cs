using Osl.Interop.Linux;
using Osl.Interop.Windows;
using Osl.Operations;
using Osl.Operations.Processes;
using Osl.Security.Audit;

namespace Osl.Cli;

/// <summary>One line of a table of exit codes.</summary>
/// <param name="Code">The code as people read it: <c>125</c>, <c>128+N</c>.</param>
/// <param name="Meaning">What it says.</param>
internal sealed record ExitCodeLine(string Code, string Meaning);

/// <summary>
/// What osl exits with. The one map from errors to exit codes; the same two tables stand in knowledge/exit-codes.md and in --help,
/// and a test holds them together.
/// </summary>
/// <remarks>
/// `osl run` stands where the program would stand, so its own codes are those of env(1), nohup(1) and timeout(1): out of the way of
/// what programs use.
/// </remarks>
internal static class ExitCodes
{
    internal const int Done = 0;
    internal const int Failed = 1;
    internal const int WrongUsage = 2;
    internal const int Denied = 3;
    internal const int NotFound = 4;
    internal const int Survivors = 5;
    internal const int NoJournal = 6;

    internal const int UnsignedTail = 10;
    internal const int TornTail = 11;
    internal const int Tampered = 12;
    internal const int RolledBack = 13;
    internal const int WrongKey = 14;
    internal const int SelfConsistentOnly = 15;

    internal const int TimedOut = 124;
    internal const int Refused = 125;
    internal const int CannotRun = 126;
    internal const int ProgramNotFound = 127;
    internal const int SignalBase = 128;

    /// <summary>What `osl run` exits with.</summary>
    internal static IReadOnlyList<ExitCodeLine> OfRunTable { get; } =
    [
        new("N", "the program exited with N; 0 for --detach when it runs"),
        new("124", "the time limit ran out and the program was ended"),
        new("125", "osl refused or failed: wrong usage, invalid, denied, journal not writable, somebody survived"),
        new("126", "the program was found but can't be run"),
        new("127", "the program was not found"),
        new("128+N", "signal N ended the program, or ended osl, which then ended the program"),
    ];

    /// <summary>What every other command exits with.</summary>
    internal static IReadOnlyList<ExitCodeLine> OfOthersTable { get; } =
    [
        new("0", "done"),
        new("1", "failed"),
        new("2", "wrong usage"),
        new("3", "denied, by the policy or by the system"),
        new("4", "not found, or stale: the number means another process now"),
        new("5", "somebody survived"),
        new("6", "the audit journal is not available"),
    ];

    /// <summary>What the commands that show the journal exit with, beside what every command does.</summary>
    internal static IReadOnlyList<ExitCodeLine> OfDamageTable { get; } =
    [
        new("11", "the journal's end is cut off within a frame: what is before it is shown"),
        new("12", "the journal is damaged: what can be read before the damage is shown"),
    ];

    /// <summary>What `osl audit list`, `show`, `follow`, `report` and `export` exit with.</summary>
    internal static IReadOnlyList<ExitCodeLine> OfReviewTable { get; } = [.. OfOthersTable, .. OfDamageTable];

    /// <summary>What `osl audit verify` exits with.</summary>
    internal static IReadOnlyList<ExitCodeLine> OfVerifyTable { get; } =
    [
        new("0", "clean: a key that was given has signed every record"),
        new("1", "failed"),
        new("2", "wrong usage"),
        new("6", "there is no audit journal"),
        new("10", "unsigned tail: nothing proves the last records yet"),
        new("11", "torn tail: the end is cut off within a frame"),
        new("12", "tampered: not what was written; the first place is named"),
        new("13", "rolled back: older than the checkpoint that was given"),
        new("14", "wrong key: signed, but not by the key that was given"),
        new("15", "self-consistent only: nothing was given to prove it against"),
    ];

    /// <summary>For what a verification found.</summary>
    internal static int Of(AuditVerdict verdict) =>
        verdict switch
        {
            AuditVerdict.Clean => Done,
            AuditVerdict.UnsignedTail => UnsignedTail,
            AuditVerdict.TornTail => TornTail,
            AuditVerdict.RolledBack => RolledBack,
            AuditVerdict.WrongKey => WrongKey,
            AuditVerdict.SelfConsistentOnly => SelfConsistentOnly,
            AuditVerdict.Empty => NoJournal,
            _ => Tampered,
        };

    /// <summary>How people read it.</summary>
    internal static string NameOf(AuditVerdict verdict) =>
        verdict switch
        {
            AuditVerdict.UnsignedTail => "unsigned tail",
            AuditVerdict.TornTail => "torn tail",
            AuditVerdict.RolledBack => "rolled back",
            AuditVerdict.WrongKey => "wrong key",
            AuditVerdict.SelfConsistentOnly => "self-consistent only",
            AuditVerdict.Clean => "clean",
            AuditVerdict.Empty => "empty",
            _ => "tampered",
        };

    /// <summary>For every command but run.</summary>
    internal static int Of(OperationError error) =>
        error switch
        {
            ValidationFailed => WrongUsage,
            Osl.Operations.Denied or ApprovalRequired or PermissionRefused => Denied,
            Osl.Operations.NotFound or StaleProcess => NotFound,
            StopFailed => Survivors,
            AuditUnavailable => NoJournal,
            _ => Failed,
        };

    /// <summary>For an error of a manager, of which only the code came over its socket.</summary>
    internal static int OfCode(OperationError error) =>
        error.Code switch
        {
            "validation_failed" => WrongUsage,
            "denied" or "approval_required" or "permission_refused" => Denied,
            "not_found" or "stale_process" => NotFound,
            "stop_failed" => Survivors,
            "audit_unavailable" => NoJournal,
            _ => Of(error),
        };

    /// <summary>For run.</summary>
    internal static int OfRun(OperationError error) =>
        error switch
        {
            Osl.Operations.TimedOut => TimedOut,
            Osl.Operations.NotFound { Thing: MissingThing.Program } => ProgramNotFound,
            // The machine had no room for one more process: nothing is wrong with the program.
            SpawnFailed { ErrorCode: var code } when IsShortage(code) => Refused,
            SpawnFailed or PermissionRefused => CannotRun,
            _ => Refused,
        };

    private static bool IsShortage(int code) =>
        OperatingSystem.IsWindows()
            ? code
                is Win32Error.ERROR_TOO_MANY_OPEN_FILES
                    or Win32Error.ERROR_NOT_ENOUGH_MEMORY
                    or Win32Error.ERROR_OUTOFMEMORY
                    or Win32Error.ERROR_DISK_FULL
                    or Win32Error.ERROR_NO_SYSTEM_RESOURCES
                    or Win32Error.ERROR_COMMITMENT_LIMIT
                    or Win32Error.ERROR_NOT_ENOUGH_QUOTA
            : code is Errno.EAGAIN or Errno.ENOMEM or Errno.EMFILE or Errno.ENFILE or Errno.ENOSPC or Errno.EROFS;

    /// <summary>For run, when the program has ended. Null when it can't be known how.</summary>
    internal static int? OfRun(ExitStatus status) =>
        status switch
        {
            { ExitCode: { } code } => code,
            { Signal: { } signal } => SignalBase + signal.Number,
            _ => null,
        };
}
