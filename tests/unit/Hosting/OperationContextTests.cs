using Osl.Hosting;
using Osl.Operations;
using Osl.Operations.Auditing;
using Osl.Operations.Processes;
using Osl.Testing;

namespace Osl.Tests.Unit.Hosting;

/// <summary>Who asks, and why, has a shape too: it is looked at before anything else is.</summary>
public sealed class OperationContextTests
{
    public static TheoryData<string> BadNames { get; } =
    ["", "a\0b", "a\nb", "a\u001b[2Jb", "a\u009bb", "alice\u202e", "ali\u200bce", "a\u2028b", new string('a', 257)];

    [Theory]
    [MemberData(nameof(BadNames))]
    public async Task A_name_that_is_none_is_refused_and_recorded_as_nobodys(string name)
    {
        var record = await RefusedAsync(new OperationContext(new Principal(name)), "Principal.Name");
        Assert.StartsWith("\u001A", record.Principal, StringComparison.Ordinal);
        Assert.False(string.Equals(name, record.Principal, StringComparison.Ordinal));
        Assert.InRange(record.Principal!.Length, 1, (6 * 256) + 2);
    }

    [Fact]
    public async Task A_reason_that_could_not_be_kept_as_it_is_is_refused()
    {
        foreach (var reason in (string[])["a\0b", "half \ud83d", "\udc00"])
        {
            var record = await RefusedAsync(new OperationContext(new Principal("alice"), reason), "Reason");
            Assert.DoesNotContain(record.Reason!, c => char.IsControl(c) || char.IsSurrogate(c));
        }
    }

    [Fact]
    public async Task What_is_too_much_is_refused()
    {
        await RefusedAsync(new OperationContext(new Principal(null!)), "Principal.Name");
        // Here and not among the data above: the runner itself would make U+FFFD of them.
        await RefusedAsync(new OperationContext(new Principal("half \ud83d")), "Principal.Name");
        await RefusedAsync(new OperationContext(new Principal("\udc00 half")), "Principal.Name");
        await RefusedAsync(new OperationContext(new Principal("alice"), new string('r', 4097)), "Reason");
        await RefusedAsync(
            new OperationContext(new Principal("alice") { Roles = Enumerable.Repeat("role", 65).ToValueList() }),
            "Principal.Roles"
        );
        await RefusedAsync(new OperationContext(new Principal("alice") { Roles = ["dev", "a\nb"] }), "Principal.Roles[1]");
    }

    [Theory]
    [InlineData("alice")]
    [InlineData("Ægir Ö. 山田")]
    [InlineData("agent-7 (\U0001F600)")]
    public void Names_of_every_script_are_fine(string name) =>
        Assert.Empty(
            OperationContextShape.Check(
                new OperationContext(new Principal(name) { Roles = [name, "dev"] }, $"two lines,\nand a tab:\t\u202e{name}")
            )
        );

    private static async Task<AuditRecord> RefusedAsync(OperationContext context, string member)
    {
        var journal = new CollectingJournal();
        await using var host = OslHost.Create(options => options.UseJournal(journal).UseRegistryDirectory(null));

        // Would be denied, were it looked at: the shape of the context comes first.
        var outcome = await host.ExecuteAsync(
            new ProcessSignalOperation(1, Signal.Terminate),
            context,
            TestContext.Current.CancellationToken
        );

        Assert.False(outcome.TryPickT0(out _, out var error));
        var failed = Assert.IsType<ValidationFailed>(error);
        Assert.StartsWith(member + " ", Assert.Single(failed.Failures), StringComparison.Ordinal);
        var record = Assert.Single(journal.Records);
        Assert.Equal(AuditRecordType.Refusal, record.Type);
        return record;
    }
}
