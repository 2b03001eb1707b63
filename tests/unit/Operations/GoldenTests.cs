using System.Text;
using System.Text.Json;
using Osl.Operations;
using Osl.Operations.Auditing;
using Osl.Operations.Processes;
using Xunit;

namespace Osl.Tests.Unit.Operations;

/// <summary>
/// What version 1 wrote: these files never change, whatever later versions write. A new version gets a folder of its own.
/// With OSL_WRITE_GOLDEN=1 files that are missing are written.
/// </summary>
public sealed class GoldenTests
{
    public static TheoryData<string> Names => [.. Samples.Golden.Select(sample => sample.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void An_operation_is_written_as_it_always_was(string name)
    {
        var (_, operation, kind) = Samples.Golden.Single(sample => string.Equals(sample.Name, name, StringComparison.Ordinal));
        Assert.Empty(kind.Validate(operation));
        Assert.Equal(
            Golden($"{name}.json", OperationJson.Write(operation, kind, WrittenForm.Full)),
            OperationJson.Write(operation, kind, WrittenForm.Full)
        );
        var audit = OperationJson.Write(operation, kind, WrittenForm.Audit);
        Assert.Equal(Golden($"{name}.audit.json", audit), audit);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void An_operation_that_was_written_then_is_read_as_what_it_was(string name)
    {
        var (_, operation, _) = Samples.Golden.Single(sample => string.Equals(sample.Name, name, StringComparison.Ordinal));
        var read = OperationJson.Read(Golden($"{name}.json"), ProcessOperationKinds.All);
        Assert.True(read.IsT0, read.ToString());
        Assert.Equal(operation, read.AsT0);
        Assert.True(OperationJson.Read(Golden($"{name}.audit.json"), ProcessOperationKinds.All).IsT0);
    }

    [Fact]
    public void A_record_is_written_and_read_as_it_always_was()
    {
        var written = Encoding.UTF8.GetString(AuditRecordJsonTests.Bytes(AuditRecordJsonTests.Whole));
        Assert.Equal(Golden("audit_record.json", written), written);
        Assert.True(AuditRecordJson.TryRead(Encoding.UTF8.GetBytes(Golden("audit_record.json")), out var read));
        Assert.Equal(AuditRecordJsonTests.Whole, read);
    }

    [Fact]
    public void An_entry_of_the_registry_is_written_and_read_as_it_always_was()
    {
        var entry = new GroupEntry(
            Samples.Id,
            Samples.Process,
            4711,
            OwnsGroup: true,
            ProcessLifetime.Detached,
            99,
            "alice",
            "/usr/bin/x",
            DateTimeOffset.UnixEpoch
        );
        var written = JsonSerializer.Serialize(entry, OperationJsonContext.Default.GroupEntry);
        Assert.Equal(Golden("group_entry.json", written), written);
        Assert.Equal(entry, JsonSerializer.Deserialize(Golden("group_entry.json"), OperationJsonContext.Default.GroupEntry));
    }

    private static string Golden(string file, string? written = null)
    {
        var path = Repository.PathOf("tests", "unit", "Operations", "Golden", "v1", file);
        if (written is not null && !File.Exists(path) && Environment.GetEnvironmentVariable("OSL_WRITE_GOLDEN") is "1")
        {
            File.WriteAllText(path, written + "\n");
        }

        return File.ReadAllText(path).TrimEnd('\n');
    }
}
