using Osl.Cli;
using Osl.Cli.Commands;
using Osl.Operations;
using Osl.Operations.Processes;
using Xunit;

namespace Osl.Tests.Unit.Cli;

public sealed class ExitCodesTests
{
    public static TheoryData<OperationError, int, int> Errors =>
        new()
        {
            { new ValidationFailed(["x"]), 125, 2 },
            { new Denied("r", "b", "w"), 125, 3 },
            { new ApprovalRequired("r", "b"), 125, 3 },
            { new PermissionRefused("w", "n"), 126, 3 },
            {
                new NotFound("w", "h") { Thing = MissingThing.Program },
                127,
                4
            },
            {
                new NotFound("w", "h") { Thing = MissingThing.Path },
                125,
                4
            },
            {
                new NotFound("w", "h") { Thing = MissingThing.Group },
                125,
                4
            },
            { new StaleProcess("w"), 125, 4 },
            { new SpawnFailed("w", 8, "ENOEXEC", "d"), 126, 1 },
            { new SpawnFailed("w", 11, "EAGAIN", "d"), 125, 1 },
            { new TimedOut(TimeSpan.FromSeconds(1), null), 124, 1 },
            { new StopFailed([], null), 125, 5 },
            { new AuditUnavailable("b"), 125, 6 },
            { new Unsupported("w", "h"), 125, 1 },
            { new LimitUnavailable("l", "b"), 125, 1 },
            { new OperationFailed("c", "w", "d"), 125, 1 },
        };

    [Theory]
    [MemberData(nameof(Errors), DisableDiscoveryEnumeration = true)]
    public void Each_error_has_its_code(OperationError error, int ofRun, int ofOthers)
    {
        Assert.Equal(ofRun, ExitCodes.OfRun(error));
        Assert.Equal(ofOthers, ExitCodes.Of(error));
    }

    [Fact]
    public void Every_case_of_the_closed_set_is_tested_here()
    {
        var cases = typeof(OperationError).Assembly.GetTypes().Where(type => type.IsSubclassOf(typeof(OperationError)));
        var tested = Errors.Select(row => row.Data.Item1.GetType()).ToHashSet();
        Assert.DoesNotContain(cases, type => !tested.Contains(type));
    }

    [Fact]
    public void A_program_that_ended_gives_its_own_code()
    {
        Assert.Equal(0, ExitCodes.OfRun(new ExitStatus(0)));
        Assert.Equal(255, ExitCodes.OfRun(new ExitStatus(255)));
        Assert.Equal(137, ExitCodes.OfRun(new ExitStatus(null, Signal.Kill)));
        Assert.Null(ExitCodes.OfRun(new ExitStatus(null)));
    }

    [Fact]
    public void The_page_holds_both_tables_and_every_error()
    {
        var page = File.ReadAllText(Repository.PathOf("knowledge", "exit-codes.md"));
        var (run, others) = (
            page.IndexOf("## `osl run`", StringComparison.Ordinal),
            page.IndexOf("## Every other", StringComparison.Ordinal)
        );
        Assert.Equal(Rows(ExitCodes.OfRunTable), TableRows(page[run..others]), StringComparer.Ordinal);
        Assert.Equal(
            Rows(ExitCodes.OfOthersTable),
            TableRows(page[others..page.IndexOf("## Which error", StringComparison.Ordinal)]),
            StringComparer.Ordinal
        );
        Assert.All(
            Errors.Select(row => row.Data.Item1).Where(error => error is not OperationFailed),
            error => Assert.Contains($"`{error.Code}`", page, StringComparison.Ordinal)
        );
    }

    [Fact]
    public void Each_answer_of_verify_has_a_code_of_its_own_and_only_clean_is_done()
    {
        var codes = Enum.GetValues<Osl.Security.Audit.AuditVerdict>().Select(ExitCodes.Of).ToList();
        Assert.Equal(codes.Count, codes.Distinct().Count());
        Assert.Equal(ExitCodes.Done, ExitCodes.Of(Osl.Security.Audit.AuditVerdict.Clean));
        var page = File.ReadAllText(Repository.PathOf("knowledge", "exit-codes.md"));
        Assert.Equal(
            Rows(ExitCodes.OfVerifyTable),
            TableRows(page[page.IndexOf("## `osl audit verify`", StringComparison.Ordinal)..]),
            StringComparer.Ordinal
        );
        Assert.All(
            codes,
            code => Assert.Contains(ExitCodes.OfVerifyTable, line => string.Equals(line.Code, $"{code}", StringComparison.Ordinal))
        );
    }

    [Fact]
    public void The_page_holds_what_damage_adds_for_each_command_that_shows_the_journal()
    {
        var page = File.ReadAllText(Repository.PathOf("knowledge", "exit-codes.md"));
        var begin = page.IndexOf("## `osl audit list`", StringComparison.Ordinal);
        var end = page.IndexOf("## `osl audit verify`", StringComparison.Ordinal);
        Assert.Equal(Rows(ExitCodes.OfDamageTable), TableRows(page[begin..end]), StringComparer.Ordinal);
        Assert.Equal(ExitCodes.OfOthersTable.Concat(ExitCodes.OfDamageTable), ExitCodes.OfReviewTable);
    }

    [Fact]
    public async Task Help_holds_both_tables()
    {
        var help = await Terminal.RunAsync("--help");
        Assert.Equal(0, help.ExitCode);
        Assert.All(
            ExitCodes.OfRunTable.Concat(ExitCodes.OfOthersTable),
            line => Assert.Contains($" {line.Code} {line.Meaning} ", Flat(help.Output), StringComparison.Ordinal)
        );
    }

    [Fact]
    public async Task The_help_of_each_command_holds_its_table_and_its_examples()
    {
        foreach (var command in Terminal.Commands())
        {
            var help = await Terminal.RunAsync([.. Terminal.PathOf(command), "--help"]);
            Assert.Equal(0, help.ExitCode);
            Assert.NotEmpty(command.Examples);
            Assert.All(command.Examples, example => Assert.Contains(example.CommandLine, help.Output, StringComparison.Ordinal));
            Assert.All(
                command.ExitCodeTable,
                line => Assert.Contains($" {line.Code} {line.Meaning} ", Flat(help.Output), StringComparison.Ordinal)
            );
            Assert.Same(
                command is RunCommand ? ExitCodes.OfRunTable
                    : command is AuditVerifyCommand ? ExitCodes.OfVerifyTable
                    : command is AuditCommand ? ExitCodes.OfReviewTable
                    : ExitCodes.OfOthersTable,
                command.ExitCodeTable
            );
        }
    }

    /// <summary>Help is wrapped; what it says is the same.</summary>
    private static string Flat(string text) =>
        string.Join(' ', text.Split((char[])[' ', '\n'], StringSplitOptions.RemoveEmptyEntries)) + " ";

    private static IEnumerable<string> Rows(IEnumerable<ExitCodeLine> table) => table.Select(line => $"| {line.Code} | {line.Meaning} |");

    private static IEnumerable<string> TableRows(string section) =>
        section
            .Split('\n')
            .Where(line => line.StartsWith("| ", StringComparison.Ordinal) && !line.StartsWith("| code", StringComparison.Ordinal));
}
