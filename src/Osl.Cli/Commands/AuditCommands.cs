using System.CommandLine;
using Osl.Security.Audit;

namespace Osl.Cli.Commands;

/// <summary>The commands that review the audit journal.</summary>
internal static class AuditCommands
{
    internal static Command Create(GlobalOptions globals, CliIo io) =>
        new("audit", "Review what was asked, decided and done.") { new AuditListCommand(globals, io), new AuditShowCommand(globals, io) };

    /// <summary>The journal, if it can be read; else why not.</summary>
    internal static (AuditReader? Reader, string Message, string Remedy) Open(string? directory)
    {
        if (directory is null)
        {
            return (null, "There is no audit journal: no home directory to keep it under.", "Name one with --audit-dir or OSL_AUDIT_DIR.");
        }

        var reader = new AuditReader(directory);
        return reader.Exists
            ? (reader, "", "")
            : (
                null,
                $"There is no audit journal in {directory}.",
                "Name another with --audit-dir or OSL_AUDIT_DIR; it is made by the first operation."
            );
    }
}
