using System.Text;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using Osl.Operations;
using Osl.Operations.Auditing;
using Osl.Operations.Facts;
using Osl.Operations.Policies;
using Osl.Operations.Processes;
using Xunit;

namespace Osl.Tests.Unit.Operations;

/// <summary>What is written by hand is, byte for byte, what the serializer would write, whose reading it has to suit.</summary>
public sealed class WrittenByHandTests
{
    [Fact]
    public void Operations_are_written_as_the_serializer_would() =>
        ForAll(
            OperationGenerators.Any,
            sample =>
            {
                var byHand = OperationJson.Write(sample.Operation, sample.Kind, WrittenForm.Full);
                var body = JsonSerializer.Serialize(sample.Operation, sample.Kind.JsonInfo);
                return string.Equals(
                    byHand,
                    $"{{\"kind\":\"{sample.Kind.Name}\",\"version\":{sample.Kind.Version},\"operation\":{body}}}",
                    StringComparison.Ordinal
                );
            }
        );

    [Fact]
    public void Records_are_written_as_the_serializer_would() =>
        ForAll(Records(), record => Serialized(record).AsSpan().SequenceEqual(AuditRecordJsonTests.Bytes(record)));

    [Fact]
    public void A_record_with_every_member_is_written_as_the_serializer_would()
    {
        var whole = AuditRecordJsonTests.Whole with
        {
            Ended = 1,
            Forced = 0,
            Escaped = [5, 6],
            PreviousPolicyHash = "builtin-0",
            OutputLost = 4096,
            Executable = AuditRecordJsonTests.Whole.Executable! with { Interpreter = "/bin/sh", Sha256 = "ab12", IsTrusted = true },
        };

        Assert.Equal(Encoding.UTF8.GetString(Serialized(whole)), Encoding.UTF8.GetString(AuditRecordJsonTests.Bytes(whole)));
        Assert.All(
            typeof(AuditRecord).GetProperties().Where(property => property.Name is not nameof(AuditRecord.V)),
            property => Assert.False(property.GetValue(whole) is null, $"{property.Name} is not tried.")
        );
    }

    private static byte[] Serialized(AuditRecord record) =>
        JsonSerializer.SerializeToUtf8Bytes(record, OperationJsonContext.Default.AuditRecord);

    /// <summary>Whole records with some members taken away, and with values that have no name.</summary>
    private static Gen<AuditRecord> Records() =>
        from sample in OperationGenerators.Any
        from present in Gen.Elements(true, false).ArrayOf(12)
        from type in Gen.Choose(0, 8)
        from effect in Gen.Choose(0, 4)
        from relation in Gen.Choose(0, 5)
        from number in Gen.Choose(int.MinValue, int.MaxValue)
        from text in Gen.Elements("", "a", "näh ‹x› \u202E", "half\uD800", "\u001b[31m\n", "\U0001F600")
        select AuditRecordJsonTests.Whole with
        {
            Type = (AuditRecordType)type,
            Time = DateTimeOffset.UnixEpoch.AddTicks(number),
            Operation = present[0] ? default(OperationId) : null,
            Parent = present[1] ? Samples.Id : null,
            Principal = present[2] ? text : null,
            Reason = text,
            HostUid = number,
            RequestJson = present[3] ? OperationJson.WriteRaw(sample.Operation, sample.Kind, WrittenForm.Audit) : null,
            Decision = present[4] ? (PolicyEffect)effect : null,
            Executable = present[5] ? new ExecutableFacts(text, text, text, number, 0, -1, 0, present[6] ? text : null) : null,
            Target = present[7]
                ? new TargetFacts(number, present[6], (TargetRelation)relation, 0)
                {
                    Principal = present[8] ? text : null,
                    OtherUids = present[9] ? [number, 0] : [],
                }
                : null,
            Elevated = present[10] ? present[11] : null,
            Escaped =
                present[8] ? [number]
                : present[9] ? ValueList.Create<int>([])
                : null,
            GapFrom = present[6] ? DateTimeOffset.MaxValue : null,
            GapOperations = present[10] ? [text] : null,
            ExitCode = present[11] ? number : null,
        };

    private static void ForAll<T>(Gen<T> generator, Func<T, bool> holds) =>
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(1000).WithQuietOnSuccess(true), Prop.ForAll(generator.ToArbitrary(), holds));
}
